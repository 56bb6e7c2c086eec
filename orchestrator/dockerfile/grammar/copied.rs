//! The values of the flags of COPY and ADD: builders look at them when they carry out the instruction.

use super::{FLAG, Parsing};
use crate::dockerfile::context::sources;
use crate::dockerfile::flag::Flag;
use crate::dockerfile::{Fault, Ignore};
use crate::name::is_address;
use crate::text::Shown;

/// The algorithms of checksums, each with the number of its digits.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

pub(super) fn check(all: &Parsing<'_>) -> Result<(), Fault> {
    for flag in all.flags.iter().filter(|flag| !is_open(&flag.value)) {
        match flag.name.as_str() {
            "chmod" => mode(all, flag)?,
            "exclude" => exclude(all, flag)?,
            _ => {}
        }
    }
    match all.keyword {
        "ADD" => checksum(all),
        _ => Ok(()),
    }
}

/// Whether a value depends on a variable.
fn is_open(text: &str) -> bool {
    text.contains('$')
}

fn fault(all: &Parsing<'_>, flag: &Flag, message: String) -> Fault {
    let fault = all.instruction.fault(FLAG, message, flag.whole());
    fault.if_built()
}

/// Engines before 27.3 ignore a mode that they cannot read, and newer ones refuse it.
fn mode(all: &Parsing<'_>, flag: &Flag) -> Result<(), Fault> {
    let value = flag.value.as_str();
    if value.is_empty() || is_octal(value) || is_symbolic(value) {
        return Ok(());
    }
    let fault = fault(all, flag, format!("`{}` is not a mode", value.shown()));
    Err(fault.help(
        "write it as an octal number up to 7777, `--chmod=0755`, or in letters, `--chmod=u+x`",
    ))
}

/// Whether a mode is a number, which every engine from 20.10 on takes.
pub(in crate::dockerfile) fn is_octal(mode: &str) -> bool {
    let is_digits = mode.bytes().all(|digit| digit.is_ascii_digit());
    is_digits && u32::from_str_radix(mode, 8).is_ok_and(|mode| mode <= 0o7777)
}

/// `u=rwx,go+r`: each part has those whom it is for, and changes of their rights, which may be those of others.
fn is_symbolic(mode: &str) -> bool {
    let is_sign = |c: char| matches!(c, '+' | '-' | '=');
    let is_part = |part: &str| {
        let Some(at) = part.find(is_sign) else {
            return false;
        };
        let (whom, changes) = part.split_at(at);
        let mut changes = changes[1..].split(is_sign);
        let is_right = |c: char| "rwxXstugo".contains(c);
        whom.chars().all(|c| "ugoa".contains(c))
            && changes.all(|rights| rights.chars().all(is_right))
    };
    mode.split(',').all(is_part)
}

/// Patterns as in an ignore file.
fn exclude(all: &Parsing<'_>, flag: &Flag) -> Result<(), Fault> {
    let (_, faults) = Ignore::parse(&flag.value);
    let Some(wrong) = faults.first() else {
        return Ok(());
    };
    let message = format!(
        "`{}` is not a pattern: {}",
        flag.value.shown(),
        wrong.message
    );
    Err(fault(all, flag, message).help("write a pattern as in `.dockerignore`: `--exclude=*.log`"))
}

/// `ADD --checksum`, which is for addresses only.
fn checksum(all: &Parsing<'_>) -> Result<(), Fault> {
    let mut flags = all.flags.iter();
    let Some(flag) = flags.find(|flag| flag.name == "checksum" && !flag.value.is_empty()) else {
        return Ok(());
    };
    if is_open(&flag.value) {
        return Ok(());
    }
    let fault = |message: String| fault(all, flag, message);
    let sources = sources(all.rest());
    if let Some(file) = sources.iter().find(|one| !is_open(one) && !is_address(one)) {
        let message = format!(
            "`--checksum` is for addresses, and `{}` is a file",
            file.shown()
        );
        return Err(fault(message).help("remove `--checksum`, or fetch the file from its address"));
    }
    if sources.len() > 1 {
        let help = "write an ADD for each, with its own checksum";
        return Err(fault("`--checksum` is for one address".into()).help(help));
    }
    let length = |algorithm: &str| ALGORITHMS.iter().find(|(name, _)| *name == algorithm);
    let (hex, fits) = match flag.value.split_once(':') {
        Some((algorithm, hex)) => (
            hex,
            length(algorithm).is_some_and(|(_, length)| hex.len() == *length),
        ),
        // The commit of a repository.
        None => (flag.value.as_str(), true),
    };
    if fits && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    let message = format!("`{}` is not a checksum", flag.value.shown());
    Err(fault(message).help("write `--checksum=sha256:<64 digits>`"))
}
