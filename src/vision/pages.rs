//! Large pieces of memory straight from the system.

use memmap2::MmapMut;

/// Zeroed bytes that begin on a page, each of which comes from the system when it is first touched, by whichever thread.
///
/// # Errors
/// Where there is not so much memory.
pub fn pages(bytes: usize) -> std::io::Result<MmapMut> {
    let map = MmapMut::map_anon(bytes)?;
    // Handing out and finding 500 pages of 4 kB takes longer than one of 2 MB. Where the system has none of these, all goes
    // on with the others.
    #[cfg(target_os = "linux")]
    drop(map.advise(memmap2::Advice::HugePage));
    Ok(map)
}
