//! `secrets.json` in the state directory: keys that were typed, outside the settings file.

use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::private_file;
use crate::settings_file::SettingsFile;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The name the settings know the file by.
const PROVIDER: &str = "local";

/// Puts `secret` into the file at the JSON pointer made of `steps` and gives the reference that
/// belongs into the settings. Other secrets in the file stay.
///
/// # Errors
/// When the file is not ours to change, or cannot be written.
pub(crate) fn store(
    home: &Home,
    settings: &mut SettingsFile<'_>,
    steps: [&str; 2],
    secret: &SecretString,
) -> Result<Value, Failure> {
    let path = path(home);
    private_file::folder(home.state_dir())?;
    let mut all = match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str::<Map<String, Value>>(&text).map_err(|_| {
            Failure::new(
                Kind::State,
                format!("{} is not a JSON object", path.display()),
            )
            .fix(format!("repair or move {}", path.display()))
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(Failure::file("read", &path, &error)),
    };
    let [group, name] = steps;
    let members = all.entry(group).or_insert_with(|| json!({}));
    let Some(members) = members.as_object_mut() else {
        return Err(Failure::new(
            Kind::State,
            format!("{}: {group} is not an object", path.display()),
        ));
    };
    members.insert(name.to_owned(), json!(secret.expose_secret()));
    let text = serde_json::to_string_pretty(&all).map_err(std::io::Error::from)?;
    private_file::replace(&path, &(text + "\n"))?;
    let section = format!("secrets.providers.{PROVIDER}");
    let place = path.display().to_string();
    settings.set(
        &section,
        &json!({ "source": "file", "path": place, "mode": "json" }),
    )?;
    Ok(json!({ "source": "file", "provider": PROVIDER, "id": format!("/{group}/{name}") }))
}

fn path(home: &Home) -> PathBuf {
    home.state_dir().join("secrets.json")
}
