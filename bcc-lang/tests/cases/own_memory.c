struct data_t { u32 number; char name[16]; };
BPF_PERCPU_ARRAY(buffer, struct data_t, 1);

static int first(const char *text) { return text[0]; }

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    int zero = 0;
    char local[16] = {};
    struct data_t *data = buffer.lookup(&zero);
    if (!data)
        return 0;
    char *name = data->name;
    bpf_probe_read_user(data, sizeof(*data), (void *)args->filename);
    bpf_probe_read_user_str(name, sizeof(data->name), args->filename);
    return data->number + name[0] + first(local) + first(args->filename);
}
