/* Loads and attaches the program of a skeleton, and ends: the least a start can cost. */
#include <stdio.h>
#include <string.h>
#include SKELETON

#define JOIN(a, b) a##b
#define CALL(name, what) JOIN(name, what)

int main(void)
{
	struct PROGRAM *program = CALL(PROGRAM, __open_and_load)();
	char line[256];
	FILE *status;

	if (!program || CALL(PROGRAM, __attach)(program))
		return 1;
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "VmHWM", 5))
			fputs(line, stdout);
	if (status)
		fclose(status);
	/* Whoever measures stops the clock here. */
	fflush(stdout);
	CALL(PROGRAM, __destroy)(program);
	return 0;
}
