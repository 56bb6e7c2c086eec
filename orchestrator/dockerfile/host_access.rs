//! What gives a step more of the machine that builds: its network, or rights beyond the sandbox.

use super::flag::flags;
use super::{Fault, Instruction};

/// Flags of RUN, and the values that give a step nothing of the machine.
const FLAGS: [(&str, &[&str]); 2] = [
    ("network", &["default", "none", ""]),
    ("security", &["sandbox", ""]),
];

impl Instruction {
    /// The first flag that gives the step something of the machine, as a fault.
    pub fn host_access(&self) -> Option<Fault> {
        let text = &self.logical.text;
        let start = match self.keyword.as_str() {
            "RUN" => self.rest,
            "ONBUILD" if text[self.subject()].eq_ignore_ascii_case("RUN") => self.subject().end,
            _ => return None,
        };
        let (flags, _) = flags(text, start);
        let harmful = flags.iter().find(|flag| {
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
}
