//! Programs of tools, in small: contexts of every kind, branches, headers of packets.

mod root {
    use bcc_runtime::bpf_program;

    bpf_program! {
        mod registers;

        #include <net/sock.h>
        #include <linux/blk-mq.h>
        #include <linux/time64.h>

        BPF_PERCPU_ARRAY(slots, u64, 400);

        int by_parameter(struct pt_regs *ctx) {
            struct sock *sk = (struct sock *)PT_REGS_PARM1(ctx);
            return sk->sk_dport;
        }

        int by_result(struct pt_regs *ctx) {
            struct sock *sk = (struct sock *)PT_REGS_RC(ctx);
            return sk->__sk_common.skc_rcv_saddr;
        }

        int numbers(struct pt_regs *ctx, unsigned long a, unsigned long b) { return a != b; }

        int says(struct pt_regs *ctx, struct file *file, int request) {
            if (!file)
                return 0;
            const char *name = file->f_path.dentry->d_name.name;
            bpf_trace_printk("%s 0x%x\n", name, request);
            return !file->f_op->read_iter;
        }

        int pages(struct pt_regs *ctx, struct page *page) {
            void *mapping = page->mapping;
            return mapping != NULL;
        }

        enum { OPEN_FILES = 7 };

        int limits(struct pt_regs *ctx, struct signal_struct *signal) {
            return signal->rlim[OPEN_FILES].rlim_cur;
        }

        #if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
        #define DISK(rq) (rq)->rq_disk
        #else
        #define DISK(rq) (rq)->q->disk
        #endif

        /* No table of jumps may come of this. */
        int requests(struct pt_regs *ctx, struct request *rq) {
            u64 base, slot, duration;
            struct gendisk *disk = DISK(rq);
            if (!rq->start_time_ns || !disk || disk->major != 5 || disk->first_minor != 6)
                return 0;
            switch (rq->cmd_flags & REQ_OP_MASK) {
            case REQ_OP_READ:
                base = 0;
                break;
            case REQ_OP_WRITE:
                base = 100;
                break;
            case REQ_OP_DISCARD:
                base = 200;
                break;
            case REQ_OP_FLUSH:
                base = 300;
                break;
            default:
                return 0;
            }
            bpf_trace_printk("%s\n", disk->disk_name);
            duration = 100000 - rq->start_time_ns;
            slot = min_t(size_t, div_u64(duration, 100 * NSEC_PER_MSEC), 99);
            slots.increment(base + slot);
            return 0;
        }
    }

    /// S2, S5, S6: kernel structs in the registers of a function and of its return.
    #[test]
    #[ignore = "needs root"]
    fn s2_s5_s6_registers() {
        registers::load().unwrap();
    }

    bpf_program! {
        mod packets;

        #include <bcc/proto.h>
        #include <linux/if_ether.h>

        /* The context may be of any type. */
        int any(void *ctx) {
            u8 *cursor = 0;
            struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
            bpf_trace_printk("to %llx, from %llx\n", ethernet->dst, ethernet->src);
            return 0;
        }

        int turned_around(struct __sk_buff *skb) {
            u8 *cursor = 0;
            struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
            if (ethernet->type != ETH_P_IP)
                return -1;
            struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
            ip->src = ip->dst;
            return 0;
        }

        int by_hand(struct __sk_buff *ctx) {
            void *data_end = (void *)(long)ctx->data_end;
            void *data = (void *)(long)ctx->data;
            if (data + sizeof(struct ethhdr) > data_end)
                return TC_ACT_SHOT;
            struct ethhdr *header = data;
            return header->h_proto == 1 ? TC_ACT_SHOT : TC_ACT_OK;
        }

        TRACEPOINT_PROBE(skb, kfree_skb) {
            struct sk_buff *skb = (struct sk_buff *)args->skbaddr;
            return skb->protocol;
        }
    }

    /// S5, S41: headers of packets, written and read, and packets of the kernel.
    #[test]
    #[ignore = "needs root"]
    fn s5_s41_packets() {
        packets::load().unwrap();
    }
}
