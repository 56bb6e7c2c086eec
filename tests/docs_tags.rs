//! Runs each row of the tables in `docs/tags.md`.

use kiln::line;
use kiln::matrix::{Fleet, Inputs, Trigger};
use kiln::tag::GitFacts;
use kiln::text::{Diagnostics, Sources, show};
use std::path::Path;

fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tags.md"))
        .expect("the document can be read")
}

/// The rows of the table below a heading, cell by cell.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .expect("the section is there");
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| {
        line.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    lines
        .map(cells)
        .filter(|row: &Vec<String>| !row[0].starts_with("---"))
        .skip(1)
        .collect()
}

/// The texts between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn fleet(body: &str, git: GitFacts, event: Trigger) -> Fleet {
    let text = format!(
        "workspace \"w\" {{ publish \"x.y/{{image}}\"; }}\nvariable \"pr\" default=\"7\"\nbase \"os\" from=\"debian\"\n\
         image \"app\" {{ from base=\"os\"; template \"t.hbs\"; {body}; }}"
    );
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let document = line::document(&text, &mut sources, &mut diagnostics);
    let inputs = Inputs {
        now: "2026-08-03T04:00:00Z".parse().expect("a time"),
        git,
        event,
        ..Inputs::default()
    };
    let fleet = line::fleet(&[document], &inputs, &mut sources, &mut diagnostics);
    fleet.unwrap_or_else(|| panic!("{}", show::text(&diagnostics, &sources, false)))
}

#[test]
fn every_row_from_metadata_action() {
    let document = document();
    let rows = rows(&document, "From docker/metadata-action");
    assert!(rows.len() >= 20);
    for row in rows {
        let [_, rule, run, gives] = row.as_slice() else {
            panic!("{row:?}")
        };
        let named = code(run).first().map(|name| (*name).to_owned());
        let sha = Some(String::from("fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7"));
        let git = match run.split('`').next().map(str::trim) {
            Some("tag") => GitFacts {
                sha,
                tag: named,
                ..GitFacts::default()
            },
            Some("branch") => GitFacts {
                sha,
                branch: named,
                ..GitFacts::default()
            },
            // As with metadata-action, whose schedules run on the default branch.
            Some("schedule") => GitFacts {
                sha,
                branch: Some(String::from("main")),
                ..GitFacts::default()
            },
            _ => GitFacts {
                sha,
                ..GitFacts::default()
            },
        };
        let event = match run.as_str() {
            "schedule" => Trigger::Schedule,
            "pull request" => Trigger::PullRequest,
            _ => Trigger::Other,
        };
        let fleet = fleet(code(rule)[0], git, event);
        let moves = fleet.variants.raw[0]
            .moves()
            .filter(|(_, _, closed)| closed.is_none());
        let got: Vec<String> = moves.map(|(reference, _, _)| reference.target()).collect();
        assert_eq!(got, code(gives), "{row:?}");
    }
}

#[test]
fn the_table_of_the_mechanism() {
    let document = document();
    let block = document
        .split("```kdl fragment=image\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the example");
    let fleet = fleet(
        &block.replace('\n', ";"),
        GitFacts::default(),
        Trigger::default(),
    );
    let rows = rows(&document, "One mechanism");
    assert_eq!(fleet.variants.len(), rows.len());
    for (variant, row) in fleet.variants.iter().zip(rows) {
        assert_eq!(
            variant
                .tags
                .iter()
                .map(|tag| tag.tag.as_str())
                .collect::<Vec<_>>(),
            code(&row[1]),
            "{row:?}"
        );
    }
}
