//! What a method is, and the list of all of them.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// What a caller must hold to use a method. Source: WebSocket protocol, operator scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Nothing: the method authenticates by its own parameters.
    Public,
    /// `operator.read`
    Read,
    /// `operator.write`
    Write,
    /// `operator.admin`
    Admin,
}

impl Scope {
    /// The name on the wire; `None` for [`Scope::Public`].
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Public => None,
            Self::Read => Some("operator.read"),
            Self::Write => Some("operator.write"),
            Self::Admin => Some("operator.admin"),
        }
    }
}

/// A method of the control plane.
pub trait Method {
    /// Its name, e.g. `agent.wait`.
    const NAME: &'static str;
    /// What a caller must hold.
    const SCOPE: Scope;
    /// What it takes.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned + JsonSchema + Send;
}

/// A line of the method table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name.
    pub name: &'static str,
    /// What a caller must hold.
    pub scope: Scope,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:literal => $marker:ident($params:path) -> $reply:path, $scope:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $marker;
            impl crate::Method for $marker {
                const NAME: &'static str = $name;
                const SCOPE: crate::Scope = crate::Scope::$scope;
                type Params = $params;
                type Reply = $reply;
            }
        )*
        pub(crate) const TABLE: &[crate::MethodInfo] = &[
            $(crate::MethodInfo { name: $name, scope: crate::Scope::$scope },)*
        ];
    };
}
pub(crate) use methods;

/// Every method this contract has.
pub const METHODS: &[MethodInfo] = crate::methods::TABLE;
