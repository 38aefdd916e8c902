#ifndef LINUX_HAS_SYSCALL_WRAPPER
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
#endif
/* The registers of a system call, given those of the kernel's function for it. */
#define PT_REGS_SYSCALL_CTX(ctx) \
	(LINUX_HAS_SYSCALL_WRAPPER ? PT_REGS_SYSCALL_REGS(ctx) : (struct pt_regs *)(ctx))
