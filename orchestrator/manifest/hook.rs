//! `before-move run="trivy image --exit-code 1 {reference}" name="scan" timeout="10m"`, and `after-move`.

use crate::check;
use crate::manifest::block::Row;
use crate::manifest::names;
use crate::request::HookPhase;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use std::time::Duration;

/// How long a hook may take if its declaration does not say.
pub const HOOK_WITHIN: Duration = Duration::from_secs(300);

/// The most bytes of a command: a kernel limits a single argument to 128 KiB, and references are filled in.
const LONGEST: usize = 32 << 10;

/// A hook. `T` is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookDecl<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// When it runs.
    pub phase: HookPhase,
    /// The command, for `sh -c`.
    pub run: T,
    /// Its name in messages and reports; its command if not specified.
    pub name: Option<Spanned<String>>,
    /// The time limit.
    pub within: Duration,
}

impl HookDecl {
    pub(super) fn parse(phase: HookPhase, node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = match phase {
            HookPhase::BeforeMove => "before-move run=\"trivy image --exit-code 1 {reference}\"",
            HookPhase::AfterMove => "after-move run=\"cosign sign {reference}\"",
        };
        let mut reader = Reader::new(node, out);
        let name = reader.prop("name");
        let timeout = reader.prop("timeout");
        let run = reader.required("run", example);
        reader.done();
        let within = timeout.map_or(Some(HOOK_WITHIN), |text| within(&text, out));
        let run = command(run?, out)?;
        let name = name.map(|name| names::filled(name, "name", out));
        Some(Self {
            span: node.span,
            phase,
            run,
            name,
            within: within?,
        })
    }
}

/// A block that may declare hooks.
pub(super) trait Hooked {
    /// Its hooks so far.
    fn hooks(&mut self) -> &mut Vec<HookDecl>;
}

/// The rows of such a block.
pub(super) const fn rows<T: Hooked>() -> [Row<T>; 2] {
    [
        Row("before-move", |block, child| {
            let found = HookDecl::parse(HookPhase::BeforeMove, child.node, child.out);
            block.hooks().extend(found);
        }),
        Row("after-move", |block, child| {
            let found = HookDecl::parse(HookPhase::AfterMove, child.node, child.out);
            block.hooks().extend(found);
        }),
    ]
}

impl<T> HookDecl<T> {
    /// The same hook with another text.
    pub fn carry<'s, U>(&'s self, text: impl FnOnce(&'s T) -> Option<U>) -> Option<HookDecl<U>> {
        Some(HookDecl {
            span: self.span,
            phase: self.phase,
            run: text(&self.run)?,
            name: self.name.clone(),
            within: self.within,
        })
    }
}

fn command(run: Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let fault = match run.as_str() {
        text if text.trim().is_empty() => "the command of this hook is empty",
        text if text.contains('\0') => "a command cannot contain the character NUL",
        text if text.len() > LONGEST => "this command is longer than 32 KiB",
        _ => return Some(run),
    };
    let fault = Diagnostic::error("manifest::hook", fault).at(run.span, "here");
    out.push(fault.help("write a command for `sh -c`, or run a script of the workspace: `run=\"./scan {reference}\"`"));
    None
}

fn within(text: &Spanned<String>, out: &mut Diagnostics) -> Option<Duration> {
    match check::duration(text) {
        Ok(within) => Some(within),
        Err(why) => {
            let fault = Diagnostic::error("manifest::hook", why).at(text.span, "here");
            out.push(fault.help("write `timeout=\"5m\"`: the default, at most `1h`"));
            None
        }
    }
}
