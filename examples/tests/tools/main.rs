//! Each tool on the running kernel, with a load of known size.

mod running;

mod root {
    use crate::running::{Tool, USDT, histogram_sum, needs_kprobes};
    use bcc_runtime::format::Device;
    use bcc_tests::{needs, send, wire};
    use std::fs::{self, File};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    fn own_pid() -> String {
        std::process::id().to_string()
    }

    #[test]
    #[ignore = "needs root"]
    fn opensnoop() {
        let tool = Tool::start("opensnoop", &["-x", "-e", "--pid", &own_pid()]);
        for _ in 0..20 {
            assert!(File::open("/no-such-folder/opened").is_err());
        }
        let text = tool.finish();
        let header = "PID    COMM               FD ERR FLAGS    PATH\n";
        assert!(text.starts_with(header), "{text}");
        let is_ours = |line: &&str| line.ends_with("   -1   2 02000000 /no-such-folder/opened");
        assert_eq!(text.lines().filter(is_ours).count(), 20, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn execsnoop() {
        let tool = Tool::start(
            "execsnoop",
            &["--ppid", &own_pid(), "--line", "of the test"],
        );
        for _ in 0..5 {
            let status = Command::new("/bin/true")
                .args(["one", "of the test"])
                .status();
            assert!(status.unwrap().success());
        }
        let text = tool.finish();
        let header = "COMM             PID     PPID    RET ARGS\n";
        assert!(text.starts_with(header), "{text}");
        let is_ours = |line: &&str| {
            line.starts_with("true     ") && line.ends_with("   0 /bin/true one of the test")
        };
        assert_eq!(text.lines().filter(is_ours).count(), 5, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn biolatency() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("biolatency");
        let disk = Device::from_stat(fs::metadata(env!("CARGO_TARGET_TMPDIR")).unwrap().dev());
        if !Path::new(&format!("/sys/dev/block/{disk}")).exists() {
            needs::note("a disk");
            return;
        }
        let tool = Tool::start("biolatency", &["--disks", "--extension"]);
        let mut options = File::options();
        let options = options.write(true).create(true).custom_flags(libc::O_SYNC);
        let mut file = options.open(&path).unwrap();
        for _ in 0..20 {
            file.write_all(&[1; 4096]).unwrap();
        }
        fs::remove_file(path).unwrap();
        let text = tool.finish();
        assert!(
            text.contains("\ndisk = ") && text.contains("\navg = "),
            "{text}"
        );
        assert!(histogram_sum(&text) >= 20, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn runqlat() {
        let tool = Tool::start("runqlat", &["--pids", "--pid", &own_pid()]);
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let text = tool.finish();
        assert!(text.contains(&format!("\npid = {}\n", own_pid())), "{text}");
        assert!(histogram_sum(&text) >= 50, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn tcpconnect() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let port = address.port().to_string();
        let tool = Tool::start("tcpconnect", &["--port", &port, "--pid", &own_pid()]);
        let count = Tool::start("tcpconnect", &["--count", "--port", &port]);
        for _ in 0..10 {
            drop(TcpStream::connect(address).unwrap());
            drop(server.accept().unwrap());
        }
        let text = tool.finish();
        let ends = format!(" 4  127.0.0.1        127.0.0.1        {port}");
        assert_eq!(
            text.lines().filter(|line| line.ends_with(&ends)).count(),
            10,
            "{text}"
        );
        let text = count.finish();
        let row = format!("{0:<25} {0:<25} {port:<20} 10        \n", "127.0.0.1");
        assert!(text.ends_with(&row), "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn funccount() {
        let tool = Tool::start("funccount", &["--pid", &own_pid(), "c:getpp*d"]);
        for _ in 0..100 {
            let _of_no_interest = std::os::unix::process::parent_id();
        }
        let text = tool.finish();
        assert!(
            text.starts_with("Tracing 1 functions for \"c:getpp*d\"..."),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("{:<36} {:>8}\n", "getppid", 100)),
            "{text}"
        );
        let event = "t:syscalls:sys_enter_getpriority";
        let tool = Tool::start("funccount", &["--pid", &own_pid(), event]);
        send(1);
        let text = tool.finish();
        assert!(text.contains("\nsyscalls:sys_enter_getpriority "), "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn functions_of_the_kernel() {
        if needs_kprobes("funccount", &["__x64_sys_getpriority"]) {
            return;
        }
        let count = Tool::start("funccount", &["--pid", &own_pid(), "__x64_sys_getpriorit*"]);
        let values = Tool::start("argdist", &["--pid", &own_pid(), "__x64_sys_getpriority"]);
        for _ in 0..30 {
            // There is no such group, which is error 3.
            send(1_999_999);
        }
        let text = count.finish();
        assert!(
            text.ends_with(&format!("{:<36} {:>8}\n", "__x64_sys_getpriority", 30)),
            "{text}"
        );
        assert_eq!(histogram_sum(&values.finish()), 30);
    }

    #[test]
    #[ignore = "needs root"]
    fn profile() {
        let options = [
            "--pid",
            &own_pid(),
            "-F",
            "199",
            "--user-stacks-only",
            "--annotations",
        ];
        let tool = Tool::start("profile", &options);
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(500) {}
        let text = tool.finish();
        let counts = text
            .lines()
            .filter_map(|line| line.trim().parse::<u64>().ok());
        assert!(text.contains("tools::root::profile"), "{text}");
        // Some 100, unless the machine is busy with other things.
        assert!(counts.sum::<u64>() >= 10, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn argdist() {
        let tool = Tool::start("argdist", &["--pid", &own_pid(), "s:getpriority", "2"]);
        for who in [1_000_000, 1_000_001, 1_000_002] {
            send(who);
        }
        let text = tool.finish();
        let row = "    524288 -> 1048575    : 3        |";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn usdt() {
        let mut target = Command::new(&*USDT);
        let target = target.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut target = target.spawn().unwrap();
        let mut answers = BufReader::new(target.stdout.take().unwrap()).lines();
        assert_eq!(answers.next().unwrap().unwrap(), "ready");
        let pid = target.id().to_string();
        let listed = Command::new(env!("CARGO_BIN_EXE_usdt"))
            .args(["--pid", &pid])
            .output();
        let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
        assert!(listed.contains(" usdt_test:request\n"), "{listed}");
        let tool = Tool::start(
            "usdt",
            &["--pid", &pid, "--text", "1", "request", "numbers"],
        );
        for _ in 0..3 {
            target.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
            answers.next().unwrap().unwrap();
        }
        let text = tool.finish();
        target.kill().unwrap();
        target.wait().unwrap();
        let numbers = |line: &&str| line.contains(" numbers ") && line.contains(" -3 60000 -1234 ");
        assert_eq!(text.lines().filter(numbers).count(), 3, "{text}");
        let requests = |line: &&str| line.contains(" request          \"/");
        assert_eq!(text.lines().filter(requests).count(), 3, "{text}");
    }

    #[test]
    #[ignore = "needs root"]
    fn xdp_drop_count() {
        wire::with_devices(|| {
            let ip = |arguments: &str| {
                let status = Command::new("ip").args(arguments.split(' ')).status();
                assert!(status.unwrap().success(), "{arguments}");
            };
            ip("address add 10.1.1.1/24 dev left");
            ip("neighbour add 10.1.1.2 lladdr 02:00:00:00:00:01 dev left");
            let tool = Tool::start("xdp_drop_count", &["--skb", "--protocol", "17", "right"]);
            let sender = UdpSocket::bind("10.1.1.1:0").unwrap();
            for _ in 0..25 {
                sender.send_to(b"dropped", "10.1.1.2:9").unwrap();
            }
            let text = tool.finish();
            let total = "dropped in all, by IP protocol number:\n17: 25 pkt\n";
            assert!(text.ends_with(total), "{text}");
        });
    }
}
