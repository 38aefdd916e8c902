/*
 * A program with USDT probes, whose notes are written by hand, so that nothing need be installed
 * for them. It says when it is ready; then each line on its standard input makes it pass all its
 * probes once, and it answers with the value of its semaphore. With -DLIBRARY, a library with a
 * probe of its own.
 */

/* A probe at this place: `semaphore` is a symbol or 0, `arguments` names the operands behind it. */
#define PROBE(provider, name, semaphore, arguments, ...)                  \
	__asm__ volatile("990: nop\n"                                     \
			 ".pushsection .note.stapsdt, \"\", \"note\"\n"   \
			 ".balign 4\n"                                    \
			 ".4byte 992f - 991f, 994f - 993f, 3\n"           \
			 "991: .asciz \"stapsdt\"\n"                      \
			 "992: .balign 4\n"                               \
			 "993: .8byte 990b, probe_base, " semaphore "\n"  \
			 ".asciz \"" provider "\", \"" name "\"\n"        \
			 ".asciz \"" arguments "\"\n"                     \
			 "994: .balign 4\n"                               \
			 ".popsection\n" ::__VA_ARGS__)

__asm__(".pushsection .stapsdt.base, \"a\", \"progbits\"\n"
	"probe_base: .space 1\n"
	".popsection\n");

#ifdef LIBRARY

void pass_library(int number)
{
	PROBE("usdt_library", "ping", "0", "-4@%k0", "r"(number));
}

#else

#include <stdio.h>

void pass_library(int number);

/* Where the linker keeps such counters; the kernel changes it. */
__attribute__((section(".probes"), used)) volatile unsigned short guard_semaphore;

struct request {
	char path[24];
	int method;
};

static void pass_numbers(void)
{
	unsigned char a = 200;
	signed char b = -3;
	unsigned short c = 60000;
	short d = -1234;
	unsigned int e = 4000000000;
	int f = -5;
	unsigned long g = 0x1122334455667788;
	long h = -7;

	PROBE("usdt_test", "numbers", "0",
	      "1@%b0 -1@%b1 2@%w2 -2@%w3 4@%k4 -4@%k5 8@%q6 -8@%q7",
	      "r"(a), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f), "r"(g), "r"(h));
}

static void pass_places(void)
{
	volatile unsigned int on_stack = 3000000000;
	volatile short negative = -2;
	static volatile unsigned long table[4] = { 1, 2, 3, 0xfedcba9876543210 };
	unsigned long index = 3;

	PROBE("usdt_test", "places", "0", "8@(%0,%1,8) 4@%2 -2@%3 -4@%4 1@%5",
	      "r"(table), "r"(index), "m"(on_stack), "m"(negative), "n"(-9), "n"(7));
}

static void pass_text(const struct request *request)
{
	PROBE("usdt_test", "request", "0", "8@%q0 4@%k1", "r"(request), "r"(request->method));
}

static __attribute__((noinline)) void pass_first(int number)
{
	PROBE("usdt_test", "twice", "0", "-4@%k0", "r"(number));
}

static __attribute__((noinline)) void pass_second(unsigned long number)
{
	PROBE("usdt_test", "twice", "0", "1@$1 8@%q0", "r"(number));
}

int main(void)
{
	/* On the stack, which is in memory: a program that reads it cannot have it loaded. */
	struct request request = { "/index.html", 3 };
	char line[16];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		pass_numbers();
		pass_places();
		pass_text(&request);
		pass_first(-11);
		pass_second(12);
		if (guard_semaphore)
			PROBE("usdt_test", "guarded", "guard_semaphore", "4@%k0", "r"(77));
		PROBE("usdt_test", "strange", "0", "4@name+8(%%rip)", "r"(0));
		PROBE("usdt_test", "shared", "0", "");
		PROBE("usdt_other", "shared", "0", "");
		pass_library(-21);
		printf("%d\n", guard_semaphore);
		fflush(stdout);
	}
	return 0;
}

#endif
