//! The binary; see [`kiln::cli`].

/// Planning consists of many small allocations on several threads: it takes two thirds of the time with this allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kiln::cli::main()
}
