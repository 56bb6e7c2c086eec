use crate::commands::{Demands, Exit, Global, Host, complain, load, print, select, tell, world};
use crate::download::{Downloads, Limits, Measured};
use crate::line::Ready;
use crate::lockfile::{Changes, Entry, LOCKFILE};
use crate::matrix::VariantId;
use crate::render::Checksum;
use crate::request::WorldError;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};

/// Download the archives and files of the fleet once and record their checksums in kiln.lock
///
/// Existing entries never change by themselves: a download with other content is an error unless --update is given.
/// Unused entries are removed. Needs the network, except with --check.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln lock --check\n  kiln lock\n  kiln lock --new\n  kiln lock go --update"
)]
pub struct Args {
    /// The variants whose files to download, by image, variant or public reference [default: all]
    selectors: Vec<String>,
    /// Download and write nothing; exit with 1 if an entry is missing or unused
    #[arg(long, conflicts_with_all = ["update", "new"])]
    check: bool,
    /// Accept what the servers deliver now, even if the content has changed
    #[arg(long, conflicts_with = "new")]
    update: bool,
    /// Download only files that are not locked yet
    #[arg(long)]
    new: bool,
}

/// Runs `kiln lock`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    lock(&args, global, host).await.unwrap_or_else(|exit| exit)
}

async fn lock(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set("lock")?;
    let (workspace, ready) = load(global, host, Demands::NONE)?;
    let selected = select(&ready, &args.selectors, global, host)?;
    let (wanted, requested) = (urls(&ready, None), urls(&ready, Some(&selected)));
    if args.check {
        return Ok(check(&ready, &wanted, &requested));
    }
    let new = |url: &String| !args.new || ready.lock.get(url).is_none();
    let urls: Vec<String> = requested.into_iter().filter(new).collect();
    let count = urls.len();
    let (found, worst) = fetch(urls, host).await?;
    let changes = Changes {
        failed: count - found.len(),
        ..ready.lock.with(&wanted, &found, args.update)
    };
    write(&workspace, &ready, &changes)?;
    print(&changes.text());
    Ok(if refused(&changes) {
        worst.max(Exit::Failed)
    } else {
        worst
    })
}

/// The addresses without a digest in the manifest that the fleet, or these of its variants, download.
fn urls(ready: &Ready, of: Option<&BTreeSet<VariantId>>) -> BTreeSet<String> {
    let recipes = ready
        .recipes
        .iter()
        .filter(|recipe| of.is_none_or(|of| of.contains(&recipe.variant)));
    let all = recipes.flat_map(|recipe| &recipe.fetching);
    all.filter(|one| !matches!(one.checksum, Checksum::Written(_)))
        .map(|one| one.url.clone())
        .collect()
}

fn check(ready: &Ready, wanted: &BTreeSet<String>, requested: &BTreeSet<String>) -> Exit {
    let (missing, unused) = (ready.lock.missing(requested), ready.lock.unused(wanted));
    missing
        .iter()
        .for_each(|url| print(&format!("missing  {url}\n")));
    unused
        .iter()
        .for_each(|url| print(&format!("unused   {url}\n")));
    let other = ready
        .lock_text
        .as_deref()
        .is_some_and(|text| text != ready.lock.text());
    let problem = match (missing.len(), unused.len(), other) {
        (0, 0, false) => {
            print(&format!(
                "{LOCKFILE}: complete, {} locked\n",
                ready.lock.iter().count()
            ));
            return Exit::Done;
        }
        (0, 0, true) => String::from("complete, but formatted differently from what kiln writes"),
        (missing, unused, _) => format!("{missing} missing, {unused} unused"),
    };
    print(&format!("{LOCKFILE}: {problem}: run `kiln lock`\n"));
    Exit::Failed
}

/// The checksums of the files, and the exit code for those that could not be downloaded; the others are still recorded.
async fn fetch(urls: Vec<String>, host: &Host) -> Result<(BTreeMap<String, Entry>, Exit), Exit> {
    let (mut found, mut worst) = (BTreeMap::new(), Exit::Done);
    if urls.is_empty() {
        return Ok((found, worst));
    }
    let env = host.env.clone();
    let opened =
        tokio::task::spawn_blocking(move || Downloads::open(&env, Limits::default())).await;
    let gone = |_| WorldError::Stopped;
    let downloads = opened
        .map_err(gone)
        .flatten()
        .map_err(|why| world::exit(&why))?;
    let count = urls.len();
    let record = |url: String, measured: Result<Measured, WorldError>| match measured {
        Ok(Measured { digest, size }) => {
            found.insert(
                url.clone(),
                Entry {
                    digest,
                    size: Some(size),
                },
            );
            tell(&format!("fetched {}/{count} {url}", found.len()));
        }
        Err(why) => worst = worst.max(world::exit(&why)),
    };
    downloads.measure(urls, record).await;
    Ok((found, worst))
}

fn write(workspace: &Workspace, ready: &Ready, changes: &Changes) -> Result<(), Exit> {
    let text = changes.lock.text();
    let same = ready
        .lock_text
        .as_deref()
        .map_or(changes.lock.is_empty(), |before| before == text);
    if same {
        return Ok(());
    }
    workspace.write_lock(&changes.lock).map_err(|why| {
        complain(&why);
        Exit::Failed
    })
}

/// Reports files whose content has changed, and returns whether there are any.
fn refused(changes: &Changes) -> bool {
    for (url, old, new) in changes.refused() {
        complain(&format!(
            "{url}: the content has changed\n  locked {old}\n  served {new}\n  \
             find out why, because a released file should not change; `kiln lock --update` accepts what is served now"
        ));
    }
    changes.refused().next().is_some()
}
