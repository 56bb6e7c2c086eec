mod bases;
mod scope;

use crate::commands::generate::ungenerated;
use crate::commands::{Demands, Exit, Global, Host, complain, load, print, tell, world};
use crate::download::{Downloads, Limits, Measured};
use crate::line::Ready;
use crate::lockfile::{Changes, Entry, LOCKFILE};
use crate::matrix::VariantId;
use crate::render::Checksum;
use crate::request::WorldError;
use crate::workspace::Workspace;
use bases::{Bases, resolve};
use scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// Record in kiln.lock what the fleet fetches from elsewhere: checksums of files, and with --bases digests of outside images
///
/// Downloads archives and files once. Existing entries never change by themselves: a download with other content is an
/// error unless --update is given. Once kiln.lock has an outside image, `kiln lock` adds those that are missing. Unused
/// entries are removed; comments and the order of lines stay. Needs the network, except with --check.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln lock --check\n  kiln lock\n  kiln lock --new\n  kiln lock go --update\n  kiln lock --bases\n  kiln lock --bases --update\n  kiln lock --update debian:13"
)]
pub struct Args {
    /// What to lock: variants, by image, variant or public reference, or outside images, by the name of a base or a
    /// reference [default: all]
    selectors: Vec<String>,
    /// Download and write nothing; exit with 1 if an entry is missing or unused
    #[arg(long, conflicts_with_all = ["update", "new"])]
    check: bool,
    /// Accept what the servers deliver now, even if the content has changed, and what outside images resolve to now
    #[arg(long, conflicts_with = "new")]
    update: bool,
    /// Download only files that are not locked yet
    #[arg(long)]
    new: bool,
    /// Lock outside images instead of files; later runs of `kiln lock` keep them locked
    #[arg(long)]
    bases: bool,
}

/// Runs `kiln lock`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    lock(&args, global, host).await.unwrap_or_else(|exit| exit)
}

async fn lock(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set("lock")?;
    global.refuse_branch("lock")?;
    let (workspace, ready) = load(global, host, Demands::NONE)?;
    let scope = Scope::read(&ready, &args.selectors, global, host)?;
    let bases = Bases::of(&ready, &scope, args.bases)?;
    let mut wanted = urls(&ready, None);
    wanted.extend(bases.all.keys().map(ToString::to_string));
    let requested = match args.bases {
        true => BTreeSet::new(),
        false => urls(&ready, Some(&scope.variants)),
    };
    if args.check {
        let requested = requested.into_iter().chain(bases.requested()).collect();
        return Ok(check(&ready, &wanted, &requested));
    }
    let new = |url: &String| !args.new || ready.lock.get(url).is_none();
    let urls: Vec<String> = requested.into_iter().filter(new).collect();
    let count = urls.len();
    let (mut found, mut worst) = fetch(urls, host).await?;
    let failed = count - found.len();
    let needed = bases.open(&ready.lock, args.update);
    let (resolved, unresolved, exit) = resolve(&ready, &needed, host).await?;
    found.extend(resolved);
    worst = worst.max(exit);
    // One server of several is a fault of what is fetched from there.
    if worst == Exit::Unreachable && !found.is_empty() {
        worst = Exit::Failed;
    }
    let changes = Changes {
        failed,
        unresolved,
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
    if missing.is_empty() && unused.is_empty() {
        let count = ready.lock.iter().count();
        print(&format!("{LOCKFILE}: complete, {count} locked\n"));
        return Exit::Done;
    }
    let (missing, unused) = (missing.len(), unused.len());
    print(&format!(
        "{LOCKFILE}: {missing} missing, {unused} unused: run `kiln lock`\n"
    ));
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
    let before = ready.lock_text.as_deref();
    if before.is_none() && changes.lock.is_empty() {
        return Ok(());
    }
    let text = changes.lock.written(before.unwrap_or_default());
    if before == Some(text.as_str()) {
        return Ok(());
    }
    let written = workspace.write_lock(text);
    written.map_err(|why| ungenerated(workspace, &why))
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
