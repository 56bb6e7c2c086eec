//! What gives a step more of the machine that builds: its network, or rights beyond the sandbox. An untrusted run gives neither;
//! another one gives the network where the manifest says so.

use super::flag::{Flag, flags};
use super::{Dockerfile, Fault, Instruction};

/// Flags of RUN, and the values that give a step nothing of the machine.
const FLAGS: [(&str, &[&str]); 2] = [
    ("network", &["default", "none", ""]),
    ("security", &["sandbox", ""]),
];

impl Dockerfile {
    /// Whether a step asks for the network of the machine.
    pub fn wants_network(&self) -> bool {
        let is_host =
            |flag: &Flag| (flag.name.as_str(), flag.value.as_str()) == ("network", "host");
        let mut runs = self.instructions.iter().filter(|one| one.keyword == "RUN");
        runs.any(|one| one.run_flags().iter().any(is_host))
    }
}

impl Instruction {
    /// The first flag that gives the step something of the machine, as a fault.
    pub fn host_access(&self) -> Option<Fault> {
        let harmful = self.run_flags().into_iter().find(|flag| {
            let known = FLAGS.iter().find(|(name, _)| *name == flag.name);
            known.is_some_and(|(_, harmless)| !harmless.contains(&flag.value.as_str()))
        })?;
        let message = format!(
            "`--{}={}` gives a step more of the machine than an untrusted run may give",
            harmful.name,
            harmful.value.escape_debug()
        );
        let fault = self.fault("untrusted::host", message, harmful.whole());
        Some(fault.help("leave the flag out, or leave out --untrusted if you trust the workspace"))
    }

    /// The first flag of a step of this build that asks for something of the machine which the build does not get, as a fault.
    /// `network` is what the manifest says about the build.
    pub fn ungranted(&self, network: Option<&str>) -> Option<Fault> {
        let asked = |flag: &Flag| match (flag.name.as_str(), flag.value.as_str()) {
            ("network", "host") => network != Some("host"),
            (name, value) => (name, value) == ("security", "insecure"),
        };
        let flags = self.run_flags().into_iter();
        let flag = flags
            .filter(|_| self.keyword == "RUN")
            .find(|flag| asked(flag))?;
        let (message, help) = match flag.name.as_str() {
            "network" => (
                "`--network=host` needs the network of the machine, which this build does not get",
                "write `network \"host\"` in the image, or leave the flag out",
            ),
            _ => (
                "`--security=insecure` needs rights beyond the sandbox, which kiln gives to no build",
                "leave the flag out: no setting of kiln allows it",
            ),
        };
        let fault = self.fault("dockerfile::host", message, flag.whole());
        Some(fault.help(help))
    }

    /// The flags of a RUN, or of the one that an ONBUILD has.
    fn run_flags(&self) -> Vec<Flag> {
        let text = &self.logical.text;
        let start = match self.keyword.as_str() {
            "RUN" => self.rest,
            "ONBUILD" if text[self.subject()].eq_ignore_ascii_case("RUN") => self.subject().end,
            _ => return Vec::new(),
        };
        flags(text, start).0
    }
}
