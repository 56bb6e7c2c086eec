//! Engines in the columns of a table: an address is as short as it can be without being that of another engine, too.

use std::collections::BTreeMap;

/// How many forms an address has, the shortest first.
const FORMS: usize = 5;

/// A short name for each engine. Names of Docker contexts stay as they are.
pub(super) fn shortened<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
    let full: BTreeMap<&str, &str> = names.map(|name| (name, name)).collect();
    for form in 0..FORMS {
        let short = full.keys().map(|name| (*name, shape(name, form)));
        let short: BTreeMap<&str, &str> = short.collect();
        let distinct: std::collections::BTreeSet<&str> = short.values().copied().collect();
        if distinct.len() == short.len() {
            return short;
        }
    }
    full
}

/// `arm64`, `arm64.example.org`, `arm64.example.org:2375`, `ci@arm64.example.org:2375`, the whole address.
fn shape(name: &str, form: usize) -> &str {
    let Some((_, address)) = name.split_once("://").filter(|_| form + 1 < FORMS) else {
        return name;
    };
    if address.starts_with('/') {
        return end_of(address, form + 2);
    }
    let host = address.rsplit_once('@').map_or(address, |(_, host)| host);
    let alone = match host.rsplit_once(':') {
        Some((alone, _)) if !alone.contains(':') || alone.ends_with(']') => alone,
        _ => host,
    };
    match form {
        0 if !is_number(alone) => alone.split('.').next().unwrap_or(alone),
        0 | 1 => alone,
        2 => host,
        _ => address,
    }
}

/// Whether a host is an address of IP, the parts of which mean nothing alone.
fn is_number(host: &str) -> bool {
    host.trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok()
}

/// The last parts of a path: `run/docker.sock`.
fn end_of(path: &str, parts: usize) -> &str {
    let at = path.rmatch_indices('/').nth(parts - 1);
    at.map_or(path, |(at, _)| &path[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], short: &[&str]) {
        let found = shortened(names.iter().copied());
        let found: Vec<&str> = names.iter().map(|name| found[name]).collect();
        assert_eq!(found, short);
    }

    #[test]
    fn addresses_are_as_short_as_they_can_be() {
        check(&["builder-1"], &["builder-1"]);
        check(
            &["local", "ssh://ci@arm64.example.org", "tcp://10.0.0.7:2375"],
            &["local", "arm64", "10.0.0.7"],
        );
        check(
            &["ssh://ci@a.one.example", "ssh://ci@a.two.example"],
            &["a.one.example", "a.two.example"],
        );
        check(
            &["tcp://10.0.0.7:2375", "tcp://10.0.0.7:2376"],
            &["10.0.0.7:2375", "10.0.0.7:2376"],
        );
        check(&["ssh://a@host", "ssh://b@host"], &["a@host", "b@host"]);
        check(&["ssh://host", "tcp://host"], &["ssh://host", "tcp://host"]);
        check(
            &["unix:///run/docker.sock", "unix:///var/lib/two/docker.sock"],
            &["run/docker.sock", "two/docker.sock"],
        );
        check(
            &["unix:///a/x/docker.sock", "unix:///b/x/docker.sock"],
            &["a/x/docker.sock", "b/x/docker.sock"],
        );
        // A context with the name of a host.
        check(&["host", "tcp://host:1"], &["host", "host:1"]);
        check(&["tcp://[::1]:2375"], &["[::1]"]);
    }
}
