use aya::Ebpf;
use aya::maps::HashMap;
use aya::programs::TracePoint;
use std::error::Error;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut bpf = Ebpf::load(aya::include_bytes_aligned!(concat!(
        env!("OUT_DIR"),
        "/program.o"
    )))?;
    let program: &mut TracePoint = bpf.program_mut("on_getppid").unwrap().try_into()?;
    program.load()?;
    program.attach("syscalls", "sys_enter_getppid")?;
    std::thread::sleep(Duration::from_secs(1));
    let counts = HashMap::<_, u32, u64>::try_from(bpf.map("counts").unwrap())?;
    for entry in counts.iter() {
        let (pid, count) = entry?;
        println!("{pid} {count}");
    }
    Ok(())
}
