//! Rules about `Cargo.toml` files: every dependency and lint is declared once, in the workspace.

use super::Problem;
use super::tree::File;

pub(super) fn check(file: &File, found: &mut Vec<Problem>) {
    let mut section = String::new();
    // A dependency with a section of its own says `workspace = true` on a later line.
    let mut open: Option<(usize, String)> = None;
    let mut lints = false;
    let mut package = false;
    for (number, line) in file.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            close(open.take(), file, found);
            name.trim().clone_into(&mut section);
            package |= section == "package";
            open = own_section(&section).map(|dependency| (number, dependency.to_owned()));
            continue;
        }
        let inherits = line.replace(' ', "").contains("workspace=true");
        if section == "lints" && inherits {
            lints = true;
        } else if open.is_some() && inherits {
            open = None;
        } else if is_dependencies(&section)
            && let Some((name, _)) = line.split_once('=')
            && !inherits
        {
            found.push(outside(file, number, name.trim()));
        }
    }
    close(open, file, found);
    if package && !lints {
        let rule = "no [lints] section with workspace = true; the house lints do not apply";
        found.push(Problem::new(&file.path, 0, rule));
    }
}

fn close(open: Option<(usize, String)>, file: &File, found: &mut Vec<Problem>) {
    if let Some((number, name)) = open {
        found.push(outside(file, number, &name));
    }
}

fn outside(file: &File, line: usize, name: &str) -> Problem {
    let rule = format!(
        "{name} is declared here; declare it once in [workspace.dependencies] and write \
         {name}.workspace = true"
    );
    Problem::new(&file.path, line, rule)
}

/// Whether a section lists dependencies of a crate.
fn is_dependencies(section: &str) -> bool {
    let last = section.rsplit('.').next().unwrap_or_default();
    !section.starts_with("workspace")
        && matches!(
            last,
            "dependencies" | "dev-dependencies" | "build-dependencies"
        )
}

/// The dependency of a section such as `dependencies.serde`.
fn own_section(section: &str) -> Option<&str> {
    let (list, name) = section.rsplit_once('.')?;
    is_dependencies(list).then_some(name)
}
