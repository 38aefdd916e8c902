/* `a[i]`: in memory that the address itself tells kernel or user if `a` is a pointer, in the program's own if it is an array. */
#define BCC_ELEMENT_ANY(a, i) __builtin_choose_expr(bcc_is_array(a), (a)[i], BCC_DEREF_ANY((a) + (i)))
