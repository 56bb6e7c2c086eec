use crate::commands::build::{self, Running, without_engine};
use crate::commands::nightly::{Format, Shown};
use crate::commands::older::Older;
use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{
    Demands, EventName, Exit, Global, Host, World, check_committed, complain, load_selected_in,
    plan, print, print_json, write_results,
};
use crate::line::Ready;
use crate::matrix::{Fleet, Inputs, Trigger, VariantId};
use crate::name::Tag;
use crate::plan::{
    MovedBack, Plan, Refused, Unready, moved_back, refused_json, refused_markdown, refused_text,
};
use crate::report::{ended_json, junit_refused};
use crate::survey::Survey;
use crate::workspace::Workspace;
use crate::workspace::git::History;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The command, for messages.
const COMMAND: &str = "kiln release --dry-run";

/// Move tags to images that are staged and tested, without a build
///
/// Moves the tags with on="release" of the selected variants and of what they are based on, and in a run for a git tag those with
/// on="tag:…", to the image that the default branch has staged last, in every registry. Builds nothing and needs no engine. If one
/// image is missing, was made from another recipe, or has not passed its checks, or if a fixed tag exists on another image, nothing
/// moves. Runs as the event `release`: on another branch it is refused unless it is run for a git tag, and so it is in a pull request.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln release --dry-run\n  kiln release\n  kiln release core --as stable\n  kiln release --dry-run --format json"
)]
pub struct Args {
    /// The variants to release, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Give the selected variants this tag as well; may be repeated
    #[arg(long = "as", value_name = "NAME")]
    names: Vec<String>,
    /// Show which tags would move, as `kiln plan` does; write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: show also what does not change
    #[arg(long, requires = "dry_run")]
    all: bool,
    /// How to show progress (auto, bars, plain, json); with --dry-run, how to show the plan (text, json, markdown)
    #[arg(long, default_value = "auto")]
    format: Format,
    /// Let this tag move to an older version or revision: TAG, IMAGE:TAG or a whole reference; may be repeated
    #[arg(long, value_name = "TAG")]
    allow_older: Vec<String>,
    /// Write the results to a file in JUnit's XML: images and public tags
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown to a file [default: the job summary in GitHub Actions]
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    summary: Option<PathBuf>,
}

/// What is released.
struct Release {
    workspace: Workspace,
    ready: Ready,
    /// The fleet with the tags that move.
    part: Fleet,
    wanted: Wanted,
}

/// Runs `kiln release`.
///
/// # Errors
/// Neither a run nor a refusal was reported; the message was shown.
pub async fn run(args: Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    let shown = args.format.shown(args.dry_run, args.all)?;
    if matches!(shown, Shown::Run(_)) {
        host.refuse_untrusted("`kiln release`", "add --dry-run")?;
        host.refuse_in_hook("`kiln release`")?;
    }
    let release = prepared(&args, &of_release(global, host)?, host)?;
    let history = History::open(release.workspace.root());
    let world = World::open(host).of(release.ready.fleet.read_through());
    let (planned, branch) = planned(&release, &world, &history, host).await?;
    let (plan, back) = match planned {
        Ok(planned) => planned,
        Err(refused) => return args.refuse(&refused, &branch, shown),
    };
    match shown {
        Shown::Plan(format) => {
            let plan = match host.env.is_untrusted() {
                true => plan.without_hooks(),
                false => plan,
            };
            let shown = plan::Shown {
                plan: &plan,
                back: &back,
                command: COMMAND,
            };
            shown.write(format, args.all);
            Ok(Exit::Done)
        }
        Shown::Run(format) => {
            let running = Running::reporting(args.junit.clone(), args.summary.clone());
            let (ready, made_for) = (
                &release.ready,
                (&release.wanted, history, &release.workspace),
            );
            without_engine(
                ready,
                (plan, back),
                &world,
                made_for,
                (&running, format),
                host,
            )
            .await
        }
    }
}

/// The run as the event `release`. A pull request remains one, also if only the environment says so.
fn of_release(global: &Global, host: &Host) -> Result<Global, Exit> {
    global.refuse_set("release")?;
    if !matches!(
        global.event,
        None | Some(EventName::Release | EventName::PullRequest)
    ) {
        return Err(wrong(
            "--event has no effect on `kiln release`: it is the event `release`\n  leave it out",
        ));
    }
    Ok(global.as_event(EventName::Release, host))
}

/// What is released, from the workspace and the command line alone.
fn prepared(args: &Args, global: &Global, host: &Host) -> Result<Release, Exit> {
    let names = args.names()?;
    let (workspace, ready, selected) =
        load_selected_in(&args.selectors, global, host, Demands::STAGE)?;
    Running::reporting(args.junit.clone(), args.summary.clone())
        .how
        .check_results((&workspace, &ready), None, host)?;
    check_run(&ready.inputs)?;
    let part = ready.fleet.for_release(&ready.names, &selected, &names);
    let part = part.map_err(|taken| wrong(&format!("--as {}", taken.words())))?;
    let selected = whole(&ready, &part, selected);
    check_any(&part, &selected, &ready.inputs)?;
    check_committed(&workspace, &ready, None);
    let wanted = Wanted {
        allow_older: Older::read(&args.allow_older, &part, &selected)?,
        evidence: true,
        ..Wanted::publish(selected)
    };
    Ok(Release {
        workspace,
        ready,
        part,
        wanted,
    })
}

/// The variants with all that they are based on, and those that share tags with them: a shared tag moves whole.
fn whole(ready: &Ready, part: &Fleet, selected: BTreeSet<VariantId>) -> BTreeSet<VariantId> {
    let more = part.with_owners(&ready.graph.with_ancestors(&selected));
    match more == selected {
        true => selected,
        false => whole(ready, part, more),
    }
}

/// Refuses pull requests and other branches.
fn check_run(inputs: &Inputs) -> Result<(), Exit> {
    if inputs.event == Trigger::PullRequest {
        return Err(wrong(
            "this is a pull request, which releases nothing\n  release on the default branch or for a git tag, when it is merged",
        ));
    }
    match inputs.off_default().filter(|_| inputs.git.tag.is_none()) {
        Some(why) => Err(wrong(&format!("{why}\n  release there, or for a git tag"))),
        None => Ok(()),
    }
}

/// Refuses a release of nothing.
fn check_any(part: &Fleet, selected: &BTreeSet<VariantId>, inputs: &Inputs) -> Result<(), Exit> {
    let mut variants = selected.iter().map(|v| part.variant(*v));
    if variants.any(|variant| !variant.tags.is_empty() || !variant.deferred.is_empty()) {
        return Ok(());
    }
    let git_tag = inputs.git.tag.as_ref();
    let or =
        git_tag.map(|tag| format!(", and none with on=\"tag:…\" that the git tag `{tag}` matches"));
    Err(wrong(&format!(
        "nothing is to be released: no selected variant has a tag with on=\"release\"{}\n  write on=\"release\" to a tag or to `publish`, or give a name with --as",
        or.unwrap_or_default()
    )))
}

type Planned = Result<(Plan, Vec<MovedBack>), Vec<Refused>>;

/// The plan, or why there is none; and the name of the default branch.
async fn planned(
    release: &Release,
    world: &World,
    history: &History,
    host: &Host,
) -> Result<(Planned, String), Exit> {
    let Release { ready, part, .. } = release;
    let options = release.wanted.options(ready, host, history);
    let materials = ready.materials_of(part);
    let survey = Survey {
        materials,
        options: &options,
        registry: &*world.registry,
        evidence: true,
        questions: None,
    };
    let facts = survey.for_release(&ready.fleet).await;
    let facts = facts.map_err(|why| exit(&why))?;
    let plan = crate::plan::release(&materials, &ready.fleet, &facts, &options);
    let branch = options.origin.default_branch().unwrap_or("main").to_owned();
    let planned = plan.map(|plan| {
        let back = moved_back(&plan, &facts, &options);
        (plan, back)
    });
    Ok((planned, branch))
}

impl Args {
    fn names(&self) -> Result<Vec<Tag>, Exit> {
        let one = |name: &String| {
            name.parse().map_err(|why| {
                let help = match name.contains('{') {
                    true => format!(
                        "a name with placeholders is a tag rule of the manifest: tag \"{name}\" on=\"release\""
                    ),
                    false => "--as takes a tag without its repository".into(),
                };
                wrong(&format!("--as {name}: {why}\n  {help}"))
            })
        };
        self.names.iter().map(one).collect()
    }

    /// Reports the images that are not ready.
    fn refuse(&self, all: &[Refused], branch: &str, shown: Shown) -> Result<Exit, Exit> {
        if let Some(path) = &self.junit {
            write_results("--junit", path, &junit_refused(all, branch))?;
        }
        let json = refused_json(all, branch);
        let exit = refusal(all);
        match shown {
            Shown::Plan(plan::Format::Json) => {
                print_json(&format!(
                    "{:#}\n",
                    serde_json::json!({ "format": 2, "refused": json })
                ));
            }
            Shown::Plan(plan::Format::Markdown) => print(&refused_markdown(all, COMMAND, branch)),
            Shown::Run(build::Format::Json) => print_json(&events(&json, exit)),
            _ => complain(&refused_text(all, branch)),
        }
        Ok(exit)
    }

    /// Whether it writes events to standard output.
    pub fn writes_events(&self) -> bool {
        self.format.writes_events(self.dry_run)
    }
}

/// The exit code of a release that is refused.
fn refusal(all: &[Refused]) -> Exit {
    let is_unread =
        |one: &Refused| matches!(&one.why, Unready::Unread(why) if why.kind.is_closed());
    match all.iter().all(is_unread) {
        true => Exit::Unreachable,
        false => Exit::Failed,
    }
}

/// One event for each image that is not ready, and the end of the run.
fn events(refused: &serde_json::Value, exit: Exit) -> String {
    let all = refused.as_array().into_iter().flatten();
    let one = |value: &serde_json::Value| {
        let mut event = value.clone();
        event["event"] = "refused".into();
        format!("{event}\n")
    };
    let end = ended_json(exit as u8, false);
    all.map(one).collect::<String>() + &format!("{end}\n")
}

fn wrong(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}
