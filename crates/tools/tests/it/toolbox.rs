//! The toolbox: what is offered, and what the model is told when a call cannot be run.

use crate::place::{Place, call, names};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tools::{
    Access, Effect, Intent, Protected, Registry, ToolCx, ToolError, ToolOutput, Toolbox,
    ToolsSettings, TypedTool,
};

/// A tool that misbehaves as its argument says.
struct Odd;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OddArgs {
    /// What to do wrong.
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum How {
    Panic,
    TalkTooMuch,
    StartAProgram,
    CallOut,
}

#[async_trait]
impl TypedTool for Odd {
    type Args = OddArgs;
    const NAME: &'static str = "odd";
    const DESCRIPTION: &'static str = "Does something odd.";
    const EFFECT: Effect = Effect::Changes;

    fn plan(&self, args: &OddArgs) -> Intent {
        let mut intent = Intent::nothing(Self::NAME);
        match args.how {
            How::StartAProgram => intent.argv = vec!["rm".to_owned(), "-rf".to_owned()],
            How::CallOut => intent.hosts = vec!["example.com".to_owned()],
            How::Panic | How::TalkTooMuch => {}
        }
        intent
    }

    async fn perform(&self, args: OddArgs, _: &ToolCx) -> Result<ToolOutput, ToolError> {
        assert_ne!(args.how, How::Panic, "as asked");
        Ok(ToolOutput::from("word ".repeat(100_000)))
    }
}

fn toolbox() -> Toolbox {
    let mut registry = Registry::standard(Protected::default());
    registry.add(Odd).unwrap();
    Toolbox::new(registry, ToolsSettings::default())
}

#[test]
fn tools_are_offered_in_the_order_of_their_names_with_plain_schemas() {
    let toolbox = toolbox();
    let specs = toolbox.specs(&Access::default());
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["edit", "ls", "odd", "read", "write"]);
    assert_eq!(
        specs[3].parameters,
        serde_json::json!({
            "type": "object",
            "properties": {
                "path": {
                    "type": "string",
                    "description": "Path of the file, relative to the workspace."
                },
                "offset": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "First line to show, counted from 1. Default: 1."
                },
                "limit": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "How many lines to show at most. Default: as many as fit."
                }
            },
            "required": ["path"],
            "additionalProperties": false
        })
    );
}

#[test]
fn a_name_is_taken_once() {
    let mut registry = Registry::standard(Protected::default());
    registry.add(Odd).unwrap();
    assert_eq!(
        registry.add(Odd).unwrap_err().to_string(),
        "there are two tools named odd"
    );
}

#[test]
fn effects_are_known_and_unknown_names_are_not_trusted() {
    let toolbox = toolbox();
    let effects = ["read", "ls", "write", "edit", "odd", "never-heard-of"]
        .map(|name| toolbox.has_effects(name));
    assert_eq!(effects, [false, false, true, true, true, true]);
}

#[tokio::test]
async fn broken_arguments_are_answered_with_what_is_expected() {
    let place = Place::new();
    let expected = "expected a JSON object with limit (integer, optional), \
        offset (integer, optional), path (string)";
    for (arguments, why) in [
        ("{\"path\":", "EOF while parsing"),
        ("not json", "expected ident"),
        ("[]", "invalid length 0"),
        ("", "missing field `path`"),
        (
            r#"{"path":7}"#,
            "path: invalid type: integer `7`, expected a string",
        ),
        (
            r#"{"path":"a","offset":-1}"#,
            "offset: invalid value: integer `-1`",
        ),
        (r#"{"path":"a","lines":3}"#, "unknown field `lines`"),
        (r#"{"path":"a"} trailing"#, "trailing characters"),
    ] {
        let said = place.err("read", arguments).await;
        assert!(said.contains(why), "{arguments}: {said}");
        assert!(said.contains(expected), "{arguments}: {said}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_answered_with_the_available_ones() {
    let place = Place::new();
    let said = place.err("exec", "{}").await;
    assert_eq!(
        said,
        "not allowed: there is no tool named \"exec\"; available: edit, ls, read, write"
    );
}

#[tokio::test]
async fn a_panic_ends_the_call_only_and_long_output_is_cut() {
    let place = Place::new();
    let toolbox = toolbox();
    let result = toolbox
        .run(&call("odd", r#"{"how":"panic"}"#), &place.cx())
        .await;
    assert!(result.is_error);
    assert!(
        result
            .content
            .contains("whether it did anything is unknown"),
        "{}",
        result.content
    );
    let result = toolbox
        .run(&call("odd", r#"{"how":"talkTooMuch"}"#), &place.cx())
        .await;
    assert!(!result.is_error && result.content.len() <= 64 * 1024);
    assert!(result.content.contains("bytes left out"));
}

#[tokio::test]
async fn programs_and_hosts_need_an_approval_nobody_can_give() {
    let place = Place::new();
    for how in ["startAProgram", "callOut"] {
        let arguments = format!(r#"{{"how":"{how}"}}"#);
        let result = toolbox().run(&call("odd", &arguments), &place.cx()).await;
        assert!(result.is_error);
        assert!(
            result.content.contains("needs a person's approval"),
            "{}",
            result.content
        );
    }
}

#[tokio::test]
async fn a_cancelled_run_writes_nothing() {
    let place = Place::new();
    let cx = place.cx();
    cx.cancel.cancel();
    let write = call("write", r#"{"path":"a","content":"x"}"#);
    let result = toolbox().run(&write, &cx).await;
    assert_eq!(
        result.content,
        "the run was cancelled before write began; nothing was done"
    );
    assert_eq!(names(&place.ws), Vec::<String>::new());
}
