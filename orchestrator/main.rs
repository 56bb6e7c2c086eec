//! Host in, exit code out.

fn main() -> std::process::ExitCode {
    kiln::cli::main()
}
