/* Where the tracepoint's dynamic member `field` lies. Its offset counts from the start of the record, or from behind the member if that has no sign. */
#define bcc_data_loc(field) ((char *)args + (args->data_loc_##field & 0xffff) + \
	(__builtin_types_compatible_p(typeof(args->data_loc_##field), unsigned int) ? \
		__builtin_offsetof(typeof(*args), data_loc_##field) + 4 : 0))
