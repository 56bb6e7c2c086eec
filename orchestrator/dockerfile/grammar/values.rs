//! Ports, signals and checksums: builders look at them when they carry out the instruction.

use super::{FLAG, Parsing};
use crate::dockerfile::Fault;
use crate::dockerfile::context::sources;
use crate::dockerfile::line::words;
use crate::name::is_address;
use crate::text::{Shown, suggest};

/// The names of signals, without `SIG`.
const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// The algorithms of checksums, each with the number of its digits.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

pub(super) fn ports(all: &Parsing<'_>) -> Result<(), Fault> {
    let rest = all.rest();
    for word in words(rest) {
        let word = &rest[word];
        let known = all.known(word).filter(|text| !text.is_empty());
        if let Some(why) = known.and_then(|text| port(&text)) {
            let fault = all.fault(format!("`{}` cannot be exposed: {why}", word.shown()), word);
            let help = match word.starts_with('#') {
                true => "a comment has a line of its own",
                false => {
                    "write ports from 0 to 65535, separated by blanks: `EXPOSE 80 8000-8010 53/udp`"
                }
            };
            return Err(fault.if_built().help(help));
        }
    }
    Ok(())
}

/// Why a word is not what EXPOSE takes, such as `80`, `8000-8010/udp` or `127.0.0.1:80:8080`.
pub fn port(word: &str) -> Option<&'static str> {
    let mut parts = word.split('/');
    let ports = parts.next().unwrap_or_default();
    let protocol = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut parts = ports.rsplit(':');
    let inside = parts.next().unwrap_or_default();
    let Some((low, high)) = range(inside) else {
        return Some("it is not a port or a range of ports");
    };
    let host = parts.next().unwrap_or_default();
    match range(host) {
        None if !host.is_empty() => return Some("the port of the host is not one"),
        Some((first, last)) if low != high && high - low != last - first => {
            return Some("the two ranges have different lengths");
        }
        _ => {}
    }
    let address = ports.strip_suffix(&format!(":{host}:{inside}"));
    let address = address.map(|address| address.trim_matches(['[', ']']));
    if address.is_some_and(|address| address.parse::<std::net::IpAddr>().is_err()) {
        return Some("what comes before its ports is not an address");
    }
    let is_known = ["", "tcp", "udp", "sctp"].contains(&protocol.as_str());
    (!is_known).then_some("the protocols are `tcp`, `udp` and `sctp`")
}

fn range(text: &str) -> Option<(u16, u16)> {
    // 20.10 reads no further than the second number.
    let mut numbers = text.split('-');
    let low = numbers.next()?.parse().ok()?;
    let high = numbers.next().map_or(Ok(low), str::parse).ok()?;
    (low <= high).then_some((low, high))
}

pub(super) fn volumes(all: &Parsing<'_>) -> Result<(), Fault> {
    let rest = all.rest();
    if rest.starts_with('[') {
        return Ok(());
    }
    let mut paths = words(rest).into_iter().map(|word| &rest[word]);
    let empty = paths.find(|path| all.known(path).is_some_and(|path| path.is_empty()));
    empty.map_or(Ok(()), |path| {
        let fault = all.fault("a path of VOLUME is empty", path).if_built();
        Err(fault.help("write `VOLUME /folder`, or remove it"))
    })
}

pub(super) fn signal(all: &Parsing<'_>) -> Result<(), Fault> {
    let word = all.rest();
    if all.known(word).is_none_or(|text| is_signal(&text)) {
        return Ok(());
    }
    let fault = all.fault(format!("`{}` is not a signal", word.shown()), word);
    let near = near_signal(word).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| "write its name or its number: `STOPSIGNAL SIGTERM`".into());
    Err(fault.if_built().help(help))
}

/// The signal that a word may be a misspelling of.
pub fn near_signal(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    suggest(name, SIGNALS).map(|near| format!("SIG{near}"))
}

/// Whether a word is what STOPSIGNAL takes: a name, with or without `SIG`, or a number.
pub fn is_signal(word: &str) -> bool {
    if let Ok(number) = word.parse::<i64>() {
        return number != 0;
    }
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |prefix: &str, most: u8| {
        let mut numbers = 1..=most;
        name.strip_prefix(prefix)
            .is_some_and(|rest| numbers.any(|number| rest == number.to_string()))
    };
    SIGNALS.contains(&name) || real_time("RTMIN+", 15) || real_time("RTMAX-", 14)
}

/// COPY takes files only: `https://example.com/x` is for ADD.
pub(super) fn files(all: &Parsing<'_>) -> Result<(), Fault> {
    let is_web = |one: &&String| one.starts_with("https://") || one.starts_with("http://");
    let sources = sources(all.rest());
    let Some(address) = sources.iter().find(is_web) else {
        return Ok(());
    };
    let message = format!("COPY takes no address: `{}`", address.shown());
    Err(all
        .fault(message, all.rest())
        .if_built()
        .help("write `ADD`"))
}

/// `ADD --checksum`, which is for addresses only.
pub(super) fn checksum(all: &Parsing<'_>) -> Result<(), Fault> {
    let mut flags = all.flags.iter();
    let Some(flag) = flags.find(|flag| flag.name == "checksum" && !flag.value.is_empty()) else {
        return Ok(());
    };
    let is_open = |text: &str| text.contains('$');
    if is_open(&flag.value) {
        return Ok(());
    }
    let fault = |message: String| {
        all.instruction
            .fault(FLAG, message, flag.whole())
            .if_built()
    };
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
