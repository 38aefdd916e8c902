/* The place `cursor` stands at, which then moves on by `n`. */
#define cursor_advance(cursor, n) ({ \
	void *__bcc_place = (void *)(cursor); \
	(cursor) = (typeof(cursor))((unsigned long)__bcc_place + (n) * sizeof(*(cursor))); \
	__bcc_place; \
})
