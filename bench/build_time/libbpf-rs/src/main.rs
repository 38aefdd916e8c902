use libbpf_rs::skel::{OpenSkel as _, Skel as _, SkelBuilder as _};
use libbpf_rs::{MapCore as _, MapFlags};
use std::error::Error;
use std::mem::MaybeUninit;
use std::time::Duration;

mod program {
    include!(concat!(env!("OUT_DIR"), "/program.skel.rs"));
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut object = MaybeUninit::uninit();
    let open = program::ProgramSkelBuilder::default().open(&mut object)?;
    let mut skel = open.load()?;
    skel.attach()?;
    std::thread::sleep(Duration::from_secs(1));
    for key in skel.maps.counts.keys() {
        let value = skel.maps.counts.lookup(&key, MapFlags::ANY)?.unwrap();
        let pid = u32::from_ne_bytes(key[..].try_into()?);
        let count = u64::from_ne_bytes(value[..].try_into()?);
        println!("{pid} {count}");
    }
    Ok(())
}
