//! What the linker needs beside the code: resources on Windows, and for CUDA a program that starts without its driver.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(windows)]
    windows::add_resources()?;
    if cuda::is_loaded_when_it_runs() {
        cuda::satisfy_linker()?;
    }
    Ok(())
}

#[cfg(windows)]
mod windows {
    //! Icon, version and manifest within the program.

    /// The version is that of Cargo.toml.
    pub fn add_resources() -> std::io::Result<()> {
        const ICON: &str = "assets/icons/hangtag.ico";
        const MANIFEST: &str = "packaging/windows/hangtag.manifest";
        for file in [ICON, MANIFEST] {
            println!("cargo::rerun-if-changed={file}");
        }
        winresource::WindowsResource::new()
            .set("ProductName", "Hangtag")
            .set("FileDescription", "Hangtag")
            .set("CompanyName", "The Hangtag authors")
            .set("LegalCopyright", "Copyright (c) 2026 the Hangtag authors")
            .set_icon(ICON)
            .set_manifest_file(MANIFEST)
            .compile()
    }
}

mod cuda {
    //! CUDA's libraries are asked for by their names where `packaging/cuda/config.toml` is used, so that the program
    //! starts on computers that lack them. candle has the linker ask for them all the same: it gets empty ones.

    use std::env;
    use std::error::Error;
    use std::fs;
    use std::path::PathBuf;

    /// An archive without members.
    const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

    pub fn is_loaded_when_it_runs() -> bool {
        println!("cargo::rerun-if-env-changed=CUDA_HOME");
        let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
        env::var_os("CARGO_FEATURE_CUDA").is_some() && flags.contains("feature=\"dynamic-loading\"")
    }

    pub fn satisfy_linker() -> Result<(), Box<dyn Error>> {
        let out = PathBuf::from(env::var("OUT_DIR")?);
        for name in ["cuda", "nvrtc", "curand", "cublas", "cublasLt", "cudnn"] {
            fs::write(out.join(format!("lib{name}.a")), EMPTY_ARCHIVE)?;
        }
        // The runtime is small, and part of the program.
        let home = PathBuf::from(env::var("CUDA_HOME").map_err(|_| "CUDA_HOME does not say where the toolkit is")?);
        let runtime = ["lib64", "lib"].map(|folder| home.join(folder).join("libcudart_static.a"));
        let runtime = runtime.iter().find(|path| path.exists()).ok_or("the toolkit has no libcudart_static.a")?;
        fs::copy(runtime, out.join("libcudart.a"))?;
        println!("cargo::rustc-link-search=native={}", out.display());
        Ok(())
    }
}
