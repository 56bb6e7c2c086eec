use super::*;
use crate::plan::Reason;
use crate::report::summary;
use crate::report::tests::held_run;

#[test]
fn a_run_as_a_page() {
    let (mut plan, outcome) = held_run();
    plan.fleet = "acme".into();
    for step in &mut plan.steps {
        step.reasons = vec![Reason::New].into();
    }
    let page = job_summary(&plan, &outcome, &summary(&plan, &outcome));
    insta::assert_snapshot!("job_summary", page);
}

/// GitHub takes nothing of what is longer than 1 MiB.
#[test]
fn a_page_is_bounded() {
    let (plan, outcome) = held_run();
    let row = |n: usize| Row {
        variant: format!("go:{n}{}", "x".repeat(400)),
        state: "published".into(),
        ..Row::default()
    };
    let summary = Summary {
        rows: (0..10_000).map(row).collect(),
        held: vec!["&".repeat(500); 1000],
        ..Summary::default()
    };
    let mut page = job_summary(&plan, &outcome, &summary);
    failed(&mut page, &"| a line of a failure\n".repeat(100_000));
    assert!(page.len() < 1_048_576, "{} bytes", page.len());
    for left in ["more images\n", " more\n", "more lines, in the log\n"] {
        assert!(page.contains(left), "{left}");
    }
}

/// G15: what others write is text: no markup, no row of its own, and no end of the block.
#[test]
fn a_page_has_no_markup_of_others() {
    let (plan, outcome) = held_run();
    let bad = "</details>\n| forged | row |\n\u{1b}[31m<img src=x>";
    let row = Row {
        variant: bad.into(),
        state: format!("blocked by {bad}"),
        tags: vec![bad.into()],
        ..Row::default()
    };
    let summary = Summary {
        rows: vec![row],
        remarks: vec![bad.into()],
        ..Summary::default()
    };
    let mut page = job_summary(&plan, &outcome, &summary);
    failed(&mut page, &format!("````\n{bad}"));
    assert!(!page.contains(crate::text::is_harmful), "{page:?}");
    let (table, block) = page.split_once("<details").expect("a block");
    assert!(!table.contains("<img"), "{table}");
    assert!(!table.contains("\n| forged"), "{table}");
    let last = block.rsplit_once("`````text\n").expect("a longer fence").1;
    assert!(last.contains("\n`````\n"), "{last}");
}
