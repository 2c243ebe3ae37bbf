//! What a method is, and the list of all of them.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What a caller must hold to use a method or hear an event. Source: WebSocket protocol, section 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Nothing more than having been let in.
    Any,
    /// `operator.read`
    Read,
    /// `operator.write`
    Write,
    /// `operator.admin`
    Admin,
    /// `operator.approvals`
    Approvals,
    /// `operator.pairing`
    Pairing,
    /// `operator.questions`
    Questions,
    /// `operator.talk`
    Talk,
    /// `operator.talk.secrets`
    TalkSecrets,
    /// The role of a node instead of that of an operator.
    Node,
}

impl Scope {
    /// The name on the wire; `None` for [`Scope::Any`] and [`Scope::Node`].
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Any | Self::Node => None,
            Self::Read => Some("operator.read"),
            Self::Write => Some("operator.write"),
            Self::Admin => Some("operator.admin"),
            Self::Approvals => Some("operator.approvals"),
            Self::Pairing => Some("operator.pairing"),
            Self::Questions => Some("operator.questions"),
            Self::Talk => Some("operator.talk"),
            Self::TalkSecrets => Some("operator.talk.secrets"),
        }
    }
}

/// What a connected client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A person's client: looks, asks, decides.
    Operator,
    /// A machine that runs commands for agents.
    Node,
}

impl Role {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }
}

/// A method of the control plane.
pub trait Method {
    /// Its name, e.g. `agent.wait`.
    const NAME: &'static str;
    /// What a caller must hold.
    const SCOPE: Scope;
    /// What it does, in a sentence or two.
    const ABOUT: &'static str;
    /// What it takes.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
}

/// A line of the method table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name.
    pub name: &'static str,
    /// What a caller must hold.
    pub scope: Scope,
    /// What it does, in a sentence or two.
    pub about: &'static str,
}

/// The shapes of a method as JSON Schema (2020-12), for reference pages and generated clients.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodSchema {
    /// Its line in the table.
    pub info: MethodInfo,
    /// What it takes.
    pub params: Value,
    /// What it answers.
    pub reply: Value,
}

impl MethodSchema {
    pub(crate) fn of<M: Method>() -> Self {
        Self {
            info: MethodInfo {
                name: M::NAME,
                scope: M::SCOPE,
                about: M::ABOUT,
            },
            params: schemars::schema_for!(M::Params).to_value(),
            reply: schemars::schema_for!(M::Reply).to_value(),
        }
    }
}

/// Declares the methods of a family: a marker type per method, the family's `TABLE` and `schemas`.
macro_rules! methods {
    ($($(#[doc = $doc:literal])* $name:literal => $marker:ident($params:path) -> $reply:path, $scope:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $marker;
            impl crate::Method for $marker {
                const NAME: &'static str = $name;
                const SCOPE: crate::Scope = crate::Scope::$scope;
                const ABOUT: &'static str = concat!($($doc),*).trim_ascii();
                type Params = $params;
                type Reply = $reply;
            }
        )*
        pub(crate) const TABLE: &[crate::MethodInfo] = &[
            $(crate::MethodInfo {
                name: $name,
                scope: crate::Scope::$scope,
                about: <$marker as crate::Method>::ABOUT,
            },)*
        ];

        pub(crate) fn schemas() -> Vec<crate::MethodSchema> {
            vec![$(crate::MethodSchema::of::<$marker>(),)*]
        }
    };
}
pub(crate) use methods;
