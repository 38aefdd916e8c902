/* `a[i]`: in memory of the current process if `a` is a pointer, in the program's own if it is an array. */
#define BCC_ELEMENT_USER(a, i) __builtin_choose_expr(bcc_is_array(a), (a)[i], BCC_DEREF_USER((a) + (i)))
