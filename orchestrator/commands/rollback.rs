use crate::commands::one_image::meant::of_fleet;
use crate::commands::one_image::short;
use crate::commands::planned::origin;
use crate::commands::world::exit;
use crate::commands::{
    Demands, Exit, Global, Host, World, complain, load, print, print_json, tell, warn,
};
use crate::line::Ready;
use crate::matrix::Trigger;
use crate::memory::NoHistory;
use crate::name::{Digest, Reference, Repository};
use crate::plan::{
    Asked, NothingBack, Rollback, Trails, Wish, not_back_json, not_back_text, rollback_json,
    rollback_text,
};
use crate::request::WorldError;
use crate::run::{self, Moved, Pool, RunContext, RunParts, run_id};
use crate::survey;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Move tags back to the images that they named before, and withdraw the images that they leave
///
/// Looks up what each tag named before in the record of its image, and moves it there, in all registries of the image unless the
/// reference names one. The image that it leaves is withdrawn: no tag moves to it any more, and neither `kiln build --push` nor
/// `kiln nightly` builds it again, until its inputs change or --force builds them again. Builds nothing and needs no engine. If one
/// of the named tags cannot be moved back, nothing is. The same command again finishes what was interrupted, and leaves what was moved back.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln rollback core:stable --dry-run\n  kiln rollback core:stable\n  kiln rollback core:stable --all-tags\n  kiln rollback core:stable --from 5d41402abc4b\n  kiln rollback core:stable --undo"
)]
pub struct Args {
    /// The tags, as IMAGE:TAG or as references
    #[arg(required = true, value_name = "TAG")]
    tags: Vec<String>,
    /// Move back the other moving tags that name what is withdrawn as well
    #[arg(long)]
    all_tags: bool,
    /// Move back only tags that name this image, also if they were moved back to it
    #[arg(long, value_name = "DIGEST")]
    from: Vec<String>,
    /// Take a rollback back: the tags return to the image that they left, which is not withdrawn any more
    #[arg(long, conflicts_with = "from")]
    undo: bool,
    /// Show what would be moved back; write nothing
    #[arg(long)]
    dry_run: bool,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The output format.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

/// Runs `kiln rollback`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match rollback(&args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn rollback(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set("rollback")?;
    if !args.dry_run {
        host.refuse_untrusted("`kiln rollback`", "add --dry-run")?;
        host.refuse_in_hook("`kiln rollback`")?;
    }
    let (_, ready) = load(global, host, Demands::STAGE)?;
    if ready.inputs.event == Trigger::PullRequest {
        return Err(wrong(
            "this is a pull request, which moves no tag back\n  run it on a branch",
        ));
    }
    let asked = asked(&args.tags, &ready)?;
    let wish = Wish {
        all_tags: args.all_tags,
        from: from(&args.from)?,
        undo: args.undo,
    };
    let world = World::open(host);
    let materials = ready.materials();
    let trails = survey::trails(&materials, &asked, &wish, &*world.registry).await;
    let trails = trails.map_err(|why| unread(&why, &asked))?;
    let at = host.now.as_second();
    let planned = crate::plan::rollback(&materials, &origin(&ready, host), at, &trails, &wish);
    match planned {
        Err(refused) => Ok(args.refuse(&refused, &wish)),
        Ok(planned) if args.dry_run => {
            args.show(&planned, None);
            Ok(Exit::Done)
        }
        Ok(planned) => carry_out(args, planned, &trails, &world, host).await,
    }
}

/// The tags that the command line names, in all repositories of their image. A tag that the manifest does not have any more is
/// one, too.
fn asked(words: &[String], ready: &Ready) -> Result<BTreeSet<Asked>, Exit> {
    let mut all: BTreeMap<Reference, Asked> = BTreeMap::new();
    for word in words {
        let found = of_word(word, ready)?;
        if found.is_empty() {
            return Err(wrong(&not_a_tag(word, ready)));
        }
        for one in found {
            // A whole reference says more than a short name that means it, too.
            let known = all.get(&one.reference);
            if known.is_none_or(|known| known.short.is_some()) {
                all.insert(one.reference.clone(), one);
            }
        }
    }
    Ok(all.into_values().collect())
}

/// The tags that one word names.
fn of_word(word: &str, ready: &Ready) -> Result<Vec<Asked>, Exit> {
    let is_whole = Repository::has_domain(word);
    let references = match is_whole {
        true => {
            let parsed = word.parse();
            vec![parsed.map_err(|why| wrong(&format!("{word}: {why}")))?]
        }
        false => of_fleet(word, ready),
    };
    let owned = references.into_iter().filter_map(|reference: Reference| {
        let mut variants = ready.fleet.variants.iter();
        let owner = variants.find(|v| v.publish.contains(&reference.repository))?;
        reference.tag.as_ref()?;
        Some(Asked {
            reference: Reference {
                digest: None,
                ..reference
            },
            variant: owner.id,
            short: (!is_whole).then(|| word.to_owned()),
        })
    });
    Ok(owned.collect())
}

/// Why a word names no tag.
fn not_a_tag(word: &str, ready: &Ready) -> String {
    let help = "name a tag as IMAGE:TAG or as a whole reference; `kiln tags` lists them";
    let is_published = |repository: &Repository| {
        let mut variants = ready.fleet.variants.iter();
        variants.any(|v| v.publish.contains(repository))
    };
    let mut variants = ready.fleet.variants.iter();
    let is_image = variants.any(|v| *v.image == *word);
    let whole = word
        .parse::<Repository>()
        .is_ok_and(|all| is_published(&all));
    match is_image || whole {
        true => format!("{word}: this is an image without a tag\n  {help}"),
        false => {
            format!("{word}: no image of this workspace is published under this name\n  {help}")
        }
    }
}

/// The first hex digits of the images that tags leave.
fn from(words: &[String]) -> Result<Vec<String>, Exit> {
    let one = |word: &String| {
        let text = word.trim_start_matches('@');
        let whole = || -> Option<Digest> {
            let hex = text.strip_prefix("sha256:").unwrap_or(text);
            format!("sha256:{hex}").parse().ok()
        };
        let found = short::hex(text).or_else(|| Some(whole()?.hex()));
        let why = || {
            wrong(&format!(
                "--from {word}: this is not a digest\n  write at least 6 of its hex digits, as `kiln rollback` and `kiln list --published` show them"
            ))
        };
        found.ok_or_else(why)
    };
    words.iter().map(one).collect()
}

/// A registry of a named tag does not answer: the others can be named without it.
fn unread(why: &WorldError, asked: &BTreeSet<Asked>) -> Exit {
    let exit = exit(why);
    let whole: Vec<String> = asked.iter().map(|one| one.reference.to_string()).collect();
    if whole.len() > 1 {
        tell(&format!(
            "  nothing was moved back; to leave out a registry, name the others: {}",
            whole.join(" ")
        ));
    }
    exit
}

async fn carry_out(
    args: &Args,
    planned: Rollback,
    trails: &Trails,
    world: &World,
    host: &Host,
) -> Result<Exit, Exit> {
    let (sender, _events) = unbounded_channel();
    world.check_credentials(planned.plan.domains()).await?;
    let parts = RunParts {
        contexts: HashMap::new(),
        credentials: world.credentials.clone(),
        secrets: Arc::default(),
        plan: planned.plan.clone(),
        engines: Pool::none(1),
        registry: world.registry.clone(),
        run: run_id(),
        hooks: None,
        cache: false,
        retries: None,
        history: Arc::new(NoHistory),
        allow_older: BTreeSet::new(),
        stop: host.interruption.for_run(),
    };
    let ctx = RunContext::new(parts, sender);
    let ends = run::rollback(&ctx, &planned).await.map_err(|why| {
        warn("nothing was moved back; the same command continues");
        exit(&why)
    })?;
    args.show(&planned, Some(&ends));
    let not = ends.values().filter_map(|end| match end {
        Moved::Back => None,
        Moved::Not(why) => Some(why),
    });
    // Without --all-tags, other repositories only have tags that would be named.
    let unread = trails.unread.values().filter(|_| args.all_tags);
    let failed: Vec<&WorldError> = not.chain(unread).collect();
    Ok(match failed.as_slice() {
        [] => Exit::Done,
        _ if ctx.stop.soon.is_cancelled() => Exit::Stopped,
        all if all.iter().all(|why| why.kind().is_closed()) => Exit::Unreachable,
        _ => Exit::Failed,
    })
}

impl Args {
    fn refuse(&self, refused: &NothingBack, wish: &Wish) -> Exit {
        match self.format {
            Format::Text => complain(&not_back_text(refused, wish)),
            Format::Json => print_json(&format!("{:#}\n", not_back_json(refused, wish))),
        }
        Exit::Failed
    }

    /// Shows what is moved back, and with `ends` what became of it.
    fn show(&self, planned: &Rollback, ends: Option<&BTreeMap<Reference, Moved>>) {
        match self.format {
            Format::Json => print_json(&format!("{:#}\n", json(planned, ends))),
            Format::Text => {
                let not = |(tag, end): (&Reference, &Moved)| match end {
                    Moved::Back => None,
                    Moved::Not(why) => Some((tag.clone(), reason(tag, why))),
                };
                let failed: BTreeMap<Reference, String> =
                    ends.into_iter().flatten().filter_map(not).collect();
                let moved = Rollback {
                    tags: (planned.tags.iter())
                        .filter(|back| !failed.contains_key(&back.reference))
                        .cloned()
                        .collect(),
                    ..planned.clone()
                };
                print(&rollback_text(&moved, ends.is_some()));
                for (tag, why) in &failed {
                    complain(&format!("{} was not moved back: {why}", tag.familiar()));
                }
                if !failed.is_empty() {
                    tell("  the same command continues");
                }
            }
        }
    }
}

/// Why a tag was not moved, without its name again.
fn reason(tag: &Reference, why: &WorldError) -> String {
    let text = why.to_string();
    let names = [tag.to_string(), tag.familiar()];
    let rest = names
        .iter()
        .find_map(|name| text.strip_prefix(name.as_str()));
    match rest {
        Some(rest) => rest.trim_start_matches([':', ' ']).to_owned(),
        None => text,
    }
}

fn json(planned: &Rollback, ends: Option<&BTreeMap<Reference, Moved>>) -> serde_json::Value {
    let mut json = rollback_json(planned);
    for tag in json["tags"].as_array_mut().into_iter().flatten() {
        let reference = tag["reference"].as_str().unwrap_or_default().to_owned();
        let end = ends
            .into_iter()
            .flatten()
            .find(|(own, _)| own.to_string() == reference);
        if let Some((_, end)) = end {
            tag["moved"] = (*end == Moved::Back).into();
            if let Moved::Not(why) = end {
                let name = reference.parse::<Reference>();
                let why = name.map_or_else(|_| why.to_string(), |name| reason(&name, why));
                tag["error"] = why.into();
            }
        }
    }
    json["dry_run"] = ends.is_none().into();
    json
}

fn wrong(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}
