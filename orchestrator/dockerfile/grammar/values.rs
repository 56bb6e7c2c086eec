//! Ports, signals and sources: builders look at them when they carry out the instruction.

use super::Parsing;
use crate::dockerfile::Fault;
use crate::dockerfile::context::sources;
use crate::dockerfile::line::words;
use crate::name::{EngineVersion, is_address};
use crate::text::{Shown, suggest};

/// The names of signals, without `SIG`.
const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

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

/// Ports with a sign, which 20.10 does not know.
pub(super) fn newer(all: &Parsing<'_>) -> Vec<(String, EngineVersion)> {
    let words = all.rest().split_whitespace();
    let signed = words.filter(|word| all.keyword == "EXPOSE" && word.contains('+'));
    signed
        .map(|word| (format!("EXPOSE {word}"), EngineVersion(23, 0)))
        .collect()
}

/// Why a word is not what EXPOSE takes, such as `80`, `8000-8010/udp` or `127.0.0.1:80:8080`.
pub fn port(word: &str) -> Option<&'static str> {
    let mut parts = word.split('/');
    let ports = parts.next().unwrap_or_default();
    let protocol = parts.next().unwrap_or_default().to_ascii_lowercase();
    if parts.next().is_some() {
        return Some("it has two protocols");
    }
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
    // 20.10 exposes only a part of what has more, and newer engines refuse it.
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (first.parse().ok()?, last.parse().ok()?);
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

/// COPY takes files only, `https://example.com/x` is for ADD, and builders take `HTTPS://example.com/x` for a file.
pub(super) fn files(all: &Parsing<'_>) -> Result<(), Fault> {
    for source in sources(all.rest()) {
        if all.keyword == "COPY" && is_address(&source) && source.contains(':') {
            let message = format!("COPY takes no address: `{}`", source.shown());
            let fault = all.fault(message, all.rest()).if_built();
            return Err(fault.help("write `ADD`"));
        }
        let Some((scheme, rest)) = source.split_once("://") else {
            continue;
        };
        let lower = scheme.to_ascii_lowercase();
        let is_web = ["http", "https"].contains(&lower.as_str());
        if is_web && lower != scheme {
            let message = format!("builders take `{}` for a file", source.shown());
            let fault = all.fault(message, all.rest()).if_built();
            return Err(fault.help(format!("write `{lower}://{}`", rest.shown())));
        }
    }
    Ok(())
}
