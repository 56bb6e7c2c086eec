use crate::commands::one_image::meant::of_fleet;
use crate::commands::planned::origin;
use crate::commands::world::exit;
use crate::commands::{
    Demands, Exit, Global, Host, World, complain, load, print, print_json, warn,
};
use crate::line::Ready;
use crate::matrix::{Trigger, VariantId};
use crate::memory::NoHistory;
use crate::name::{Reference, Repository};
use crate::plan::{
    NotBack, Rollback, Trail, not_back_json, not_back_text, rollback_json, rollback_text,
};
use crate::run::{self, Moved, RunContext, RunParts, run_id};
use crate::survey;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Move tags back to the images that they named before, and withdraw the images that they leave
///
/// Looks up what each tag named before in the record of its image, and moves it there, in all registries of the image unless the
/// reference names one. The image that it leaves is withdrawn: no tag moves to it any more, and neither `kiln build --push` nor
/// `kiln nightly` builds it again, until its inputs change or --force builds them again. Builds nothing and needs no engine. If one
/// of the tags cannot be moved back, nothing is.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln rollback core:stable --dry-run\n  kiln rollback core:stable\n  kiln rollback core:stable --all-tags"
)]
pub struct Args {
    /// The tags, as IMAGE:TAG or as references
    #[arg(required = true, value_name = "TAG")]
    tags: Vec<String>,
    /// Move back the other moving tags of the same images as well
    #[arg(long)]
    all_tags: bool,
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

/// A tag, with a variant that publishes in its repository.
type Tags = BTreeSet<(Reference, VariantId)>;

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
    }
    let (_, ready) = load(global, host, Demands::STAGE)?;
    if ready.inputs.event == Trigger::PullRequest {
        return Err(wrong(
            "this is a pull request, which moves no tag back\n  run it on a branch",
        ));
    }
    let tags = named(&args.tags, &ready)?;
    let world = World::open(host);
    let trails = trails(&ready, &tags, args.all_tags, &world).await?;
    let at = host.now.as_second();
    let planned = crate::plan::rollback(&ready.materials(), &origin(&ready, host), at, &trails);
    match planned {
        Err(refused) => Ok(args.refuse(&refused)),
        Ok(planned) if args.dry_run => {
            args.show(&planned, None);
            Ok(Exit::Done)
        }
        Ok(planned) => carry_out(args, planned, &world, host).await,
    }
}

/// The tags that the command line names, in all repositories of their image. A tag that the manifest does not have any more is
/// one, too.
fn named(words: &[String], ready: &Ready) -> Result<Tags, Exit> {
    let mut tags = Tags::new();
    for word in words {
        let references = match Repository::has_domain(word) {
            true => vec![
                word.parse()
                    .map_err(|why| wrong(&format!("{word}: {why}")))?,
            ],
            false => of_fleet(word, ready),
        };
        let owned = references.into_iter().filter_map(|reference: Reference| {
            let mut variants = ready.fleet.variants.iter();
            let owner = variants.find(|v| v.publish.contains(&reference.repository))?;
            reference.tag.as_ref()?;
            let reference = Reference {
                digest: None,
                ..reference
            };
            Some((reference, owner.id))
        });
        let before = tags.len();
        let mut found = 0;
        for one in owned {
            found += 1;
            tags.insert(one);
        }
        if found == 0 && tags.len() == before {
            return Err(wrong(&format!(
                "{word}: no image of this workspace is published under this name\n  name a tag as IMAGE:TAG or as a whole reference; `kiln tags` lists them"
            )));
        }
    }
    Ok(tags)
}

/// What the tags named, one image after another. A repository without a tag that another one has is left out.
async fn trails(
    ready: &Ready,
    tags: &Tags,
    all_tags: bool,
    world: &World,
) -> Result<Vec<Trail>, Exit> {
    let fleet = &ready.fleet;
    let found = survey::trails(fleet, tags, &*world.registry).await;
    let mut trails = existing(found.map_err(|why| exit(&why))?);
    if all_tags {
        let known: BTreeSet<&Reference> = trails.iter().map(|trail| &trail.reference).collect();
        let others = trails.iter().flat_map(|trail| {
            let others = trail.others.iter().filter(|tag| !known.contains(tag));
            others.map(|tag| (tag.clone(), trail.variant))
        });
        let others: Tags = others.collect();
        let found = survey::trails(fleet, &others, &*world.registry).await;
        let found = found.map_err(|why| exit(&why))?;
        trails.extend(crate::plan::movable(&ready.materials(), found));
    }
    Ok(trails)
}

/// Those that a registry has; all of a tag that none has.
fn existing(trails: Vec<Trail>) -> Vec<Trail> {
    let tag = |trail: &Trail| (trail.variant, trail.reference.tag.clone());
    let found = trails.iter().filter(|trail| !trail.images.is_empty());
    let found: BTreeSet<_> = found.map(tag).collect();
    let all = trails.into_iter();
    all.filter(|trail| !trail.images.is_empty() || !found.contains(&tag(trail)))
        .collect()
}

async fn carry_out(
    args: &Args,
    planned: Rollback,
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
        engine: None,
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
    let failed: Vec<_> = ends.values().filter(|end| **end != Moved::Back).collect();
    Ok(match failed.as_slice() {
        [] => Exit::Done,
        _ if ctx.stop.soon.is_cancelled() => Exit::Stopped,
        all if all
            .iter()
            .all(|end| matches!(end, Moved::Not(why) if why.kind().is_unreachable())) =>
        {
            Exit::Unreachable
        }
        _ => Exit::Failed,
    })
}

impl Args {
    fn refuse(&self, refused: &[(Reference, NotBack)]) -> Exit {
        match self.format {
            Format::Text => complain(&not_back_text(refused)),
            Format::Json => print_json(&format!("{:#}\n", not_back_json(refused))),
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
                    Moved::Not(why) => Some((tag.clone(), why.to_string())),
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
                for (tag, why) in failed {
                    complain(&format!("{} was not moved back: {why}", tag.familiar()));
                }
            }
        }
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
                tag["error"] = why.to_string().into();
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
