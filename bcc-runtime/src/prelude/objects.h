/*
 * Inline functions and macros of kernel headers on lists, files, tasks, pages and block requests.
 * What follows a pointer reads kernel memory with a helper, so that it works in every program.
 */

/* The value of a place in kernel memory; zeros if it cannot be read. */
#define __bcc_load(place) ({ typeof((0, (place))) __bcc_loaded; \
	bpf_probe_read_kernel(&__bcc_loaded, sizeof(__bcc_loaded), &(place)); __bcc_loaded; })

/* linux/list.h, linux/rbtree.h */
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) ({ const struct list_head *__bcc_list = (void *)(ptr); \
	container_of(__bcc_load(__bcc_list->next), type, member); })
#define list_last_entry(ptr, type, member) ({ const struct list_head *__bcc_list = (void *)(ptr); \
	container_of(__bcc_load(__bcc_list->prev), type, member); })
#define list_next_entry(pos, member) \
	list_first_entry((void *)(pos) + __builtin_offsetof(typeof(*(pos)), member), typeof(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_last_entry((void *)(pos) + __builtin_offsetof(typeof(*(pos)), member), typeof(*(pos)), member)
#define list_empty(ptr) ({ const struct list_head *__bcc_list = (void *)(ptr); \
	__bcc_load(__bcc_list->next) == __bcc_list; })
#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_empty(ptr) ({ const struct hlist_head *__bcc_list = (void *)(ptr); \
	!__bcc_load(__bcc_list->first); })
#define rb_entry(ptr, type, member) container_of(ptr, type, member)

/* linux/err.h */
#define IS_ERR_VALUE(x) ((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR(ptr) IS_ERR_VALUE((unsigned long)(ptr))
#define IS_ERR_OR_NULL(ptr) (!(ptr) || IS_ERR(ptr))
#define PTR_ERR(ptr) ((long)(ptr))
#define ERR_PTR(error) ((void *)(long)(error))
#define PTR_ERR_OR_ZERO(ptr) (IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0)

/* linux/atomic.h, linux/refcount.h, linux/kref.h */
#define atomic_read(v) ({ const atomic_t *__bcc_v = (void *)(v); __bcc_load(__bcc_v->counter); })
#define atomic64_read(v) ({ const atomic64_t *__bcc_v = (void *)(v); __bcc_load(__bcc_v->counter); })
#define atomic_long_read(v) ((long)atomic64_read(v))
#define refcount_read(r) ({ const refcount_t *__bcc_r = (void *)(r); \
	(unsigned int)__bcc_load(__bcc_r->refs.counter); })

/* linux/fs.h, linux/dcache.h, linux/kdev_t.h, fs/mount.h */
#define file_inode(filp) ({ const struct file *__bcc_file = (void *)(filp); \
	__bcc_load(__bcc_file->f_inode); })
#define file_dentry(filp) ({ const struct file *__bcc_file = (void *)(filp); \
	__bcc_load(__bcc_file->f_path.dentry); })
#define d_inode(entry) ({ const struct dentry *__bcc_entry = (void *)(entry); \
	__bcc_load(__bcc_entry->d_inode); })
#define d_backing_inode(entry) d_inode(entry)
#define i_size_read(inodep) ({ const struct inode *__bcc_inode = (void *)(inodep); \
	__bcc_load(__bcc_inode->i_size); })
#define imajor(inodep) ({ const struct inode *__bcc_inode = (void *)(inodep); \
	MAJOR(__bcc_load(__bcc_inode->i_rdev)); })
#define iminor(inodep) ({ const struct inode *__bcc_inode = (void *)(inodep); \
	MINOR(__bcc_load(__bcc_inode->i_rdev)); })
#define new_encode_dev(dev) ((MINOR(dev) & 0xff) | MAJOR(dev) << 8 | (MINOR(dev) & ~0xffU) << 12)
#define old_encode_dev(dev) ((unsigned short)(MAJOR(dev) << 8 | MINOR(dev)))
#define real_mount(vfs) ((struct mount *)((void *)(vfs) - (unsigned long)&((struct mount *)0)->mnt))
#define __kuid_val(uid) ((uid).val)
#define __kgid_val(gid) ((gid).val)

/* linux/sched.h, linux/pid.h */
#define task_pid_nr(task) ({ const struct task_struct *__bcc_task = (void *)(task); \
	__bcc_load(__bcc_task->pid); })
#define task_tgid_nr(task) ({ const struct task_struct *__bcc_task = (void *)(task); \
	__bcc_load(__bcc_task->tgid); })
#define pid_nr(ns_pid) ({ const struct pid *__bcc_pid = (void *)(ns_pid); \
	__bcc_pid ? __bcc_load(__bcc_pid->numbers[0].nr) : 0; })
#define task_pid(task) ({ const struct task_struct *__bcc_task = (void *)(task); \
	__bcc_load(__bcc_task->thread_pid); })

/* linux/blkdev.h, linux/blk-mq.h, linux/bio.h */
#define REQ_FAILFAST_DEV (1ULL << __REQ_FAILFAST_DEV)
#define REQ_FAILFAST_TRANSPORT (1ULL << __REQ_FAILFAST_TRANSPORT)
#define REQ_FAILFAST_DRIVER (1ULL << __REQ_FAILFAST_DRIVER)
#define REQ_SYNC (1ULL << __REQ_SYNC)
#define REQ_META (1ULL << __REQ_META)
#define REQ_PRIO (1ULL << __REQ_PRIO)
#define REQ_NOMERGE (1ULL << __REQ_NOMERGE)
#define REQ_IDLE (1ULL << __REQ_IDLE)
#define REQ_INTEGRITY (1ULL << __REQ_INTEGRITY)
#define REQ_FUA (1ULL << __REQ_FUA)
#define REQ_PREFLUSH (1ULL << __REQ_PREFLUSH)
#define REQ_RAHEAD (1ULL << __REQ_RAHEAD)
#define REQ_BACKGROUND (1ULL << __REQ_BACKGROUND)
#define REQ_NOWAIT (1ULL << __REQ_NOWAIT)
#define req_op(req) ({ const struct request *__bcc_req = (void *)(req); \
	__bcc_load(__bcc_req->cmd_flags) & REQ_OP_MASK; })
#define bio_op(biop) ({ const struct bio *__bcc_bio = (void *)(biop); \
	__bcc_load(__bcc_bio->bi_opf) & REQ_OP_MASK; })
#define op_is_write(op) (((op) & 1) != 0)
#define rq_data_dir(req) (op_is_write(req_op(req)) ? WRITE : READ)
#define bio_data_dir(biop) (op_is_write(bio_op(biop)) ? WRITE : READ)
#define blk_rq_pos(req) ({ const struct request *__bcc_req = (void *)(req); \
	__bcc_load(__bcc_req->__sector); })
#define blk_rq_bytes(req) ({ const struct request *__bcc_req = (void *)(req); \
	__bcc_load(__bcc_req->__data_len); })
#define blk_rq_sectors(req) (blk_rq_bytes(req) >> SECTOR_SHIFT)

/* linux/scatterlist.h, linux/mm.h, linux/page-flags.h */
#define SG_CHAIN 1UL
#define SG_END 2UL
#define SG_PAGE_LINK_MASK (SG_CHAIN | SG_END)
#define __bcc_sg_link(sg) ({ const struct scatterlist *__bcc_sg = (void *)(sg); \
	__bcc_load(__bcc_sg->page_link); })
#define sg_is_chain(sg) (__bcc_sg_link(sg) & SG_CHAIN)
#define sg_is_last(sg) (__bcc_sg_link(sg) & SG_END)
#define sg_chain_ptr(sg) ((struct scatterlist *)(__bcc_sg_link(sg) & ~SG_PAGE_LINK_MASK))
#define sg_page(sg) ((struct page *)(__bcc_sg_link(sg) & ~SG_PAGE_LINK_MASK))
#define compound_head(pagep) ({ const struct page *__bcc_page = (void *)(pagep); \
	unsigned long __bcc_head = __bcc_load(__bcc_page->compound_head); \
	__bcc_head & 1 ? (struct page *)(__bcc_head - 1) : (struct page *)__bcc_page; })
#define page_folio(p) ((struct folio *)compound_head(p))
#define folio_page(folio, n) ((struct page *)(folio) + (n))
