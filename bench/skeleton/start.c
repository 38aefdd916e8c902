// The least a start can cost: a program with its skeleton loads, attaches, reads its map and ends.
// SKELETON is the file of the skeleton, PROGRAM the name of what is in it.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include SKELETON

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CALL(function) JOIN(PROGRAM, function)

static int report_peak(void)
{
	char line[256];
	long peak = 0;
	FILE *status = fopen("/proc/self/status", "r");

	if (!status)
		return 1;
	while (fgets(line, sizeof(line), status))
		sscanf(line, "VmHWM: %ld", &peak);
	fclose(status);
	printf("{\"peak_kb\": %ld, \"compiled\": false}\n", peak);
	return fflush(stdout);
}

int main(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct PROGRAM *program = CALL(__open_and_load)();
	int listener, table, entries = 0;
	__u32 key; // both programs have keys of four bytes
	void *last = NULL;

	if (!program || CALL(__attach)(program))
		return 1;
	// What the program counts: a call, or a socket that begins to listen.
	getppid();
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 1))
		return 1;
	table = bpf_map__fd(program->maps.counts);
	for (; !bpf_map_get_next_key(table, last, &key); last = &key) {
		__u64 count;
		if (!bpf_map_lookup_elem(table, &key, &count))
			entries++;
	}
	if (!entries || report_peak())
		return 1;
	close(listener);
	CALL(__destroy)(program);
	return 0;
}
