//! The one place where it is decided who may do what: the policy of this folder, evaluated by Cedar over what is asked.
//!
//! Cedar, because who may do what is then a text that people read without reading the program, that a tool checks against a schema, and
//! in which what is not permitted is denied.

use casework::access::{Action, Area, Role};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use std::collections::{HashMap, HashSet};
use wire::openapi::{Permission, Whose};

const POLICY: &str = include_str!("policy.cedar");
const SCHEMA: &str = include_str!("schema.cedarschema");

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The account's name.
    pub account: &'a str,
    /// What it is.
    pub role: Role,
    /// Where it works.
    pub area: &'a Area,
    /// Whether its password is an initial one.
    pub must_change_password: bool,
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Thing<'a> {
    /// Whose it is; `None` for what is the same for all.
    pub area: Option<&'a Area>,
    /// The accounts that entered it.
    pub entered_by: &'a [String],
}

impl<'a> Thing<'a> {
    /// What belongs to an area.
    pub const fn of(area: &'a Area) -> Self {
        Self { area: Some(area), entered_by: &[] }
    }

    /// What is the same for all.
    pub const NOBODYS: Self = Self { area: None, entered_by: &[] };
}

/// The policy, read and validated.
pub struct Engine {
    policies: PolicySet,
    schema: Schema,
    authorizer: Authorizer,
    account: EntityTypeName,
    role: EntityTypeName,
    area: EntityTypeName,
    action: EntityTypeName,
    thing: EntityTypeName,
}

impl Engine {
    /// Reads the policy of this program and validates it against its schema; what is wrong with it, otherwise. Nothing is served by a
    /// policy that does not hold.
    pub fn new() -> Result<Self, String> {
        let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| error.to_string())?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(warning.to_string());
        }
        let policies: PolicySet = POLICY.parse().map_err(|error| format!("{error}"))?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !result.validation_passed_without_warnings() {
            return Err(result.to_string());
        }
        let named = |name: &str| name.parse::<EntityTypeName>().map_err(|error| error.to_string());
        Ok(Self {
            policies,
            schema,
            authorizer: Authorizer::new(),
            account: named("Account")?,
            role: named("Role")?,
            area: named("Area")?,
            action: named("Action")?,
            thing: named("Thing")?,
        })
    }

    /// Whether somebody may do this to that. What cannot be evaluated is denied.
    pub fn permits(&self, asker: Asker<'_>, action: Action, thing: Thing<'_>) -> bool {
        match self.decide(asker, action, thing) {
            Ok(permitted) => permitted,
            Err(error) => {
                tracing::error!(%error, %action, "a decision on access could not be made, and is no");
                false
            }
        }
    }

    /// Whether somebody is let in at an endpoint of a node: wherever he works, if the endpoint asks for each thing. A line that names no
    /// action lets nobody in.
    pub fn admits(&self, asker: Asker<'_>, line: Permission, node: &Area) -> bool {
        let thing = match line.whose {
            Whose::Node => Thing::of(node),
            Whose::Areas => Thing::of(asker.area),
            Whose::Nobody => Thing::NOBODYS,
            Whose::Oneself | Whose::Public => return true,
        };
        line.action.is_some_and(|action| self.permits(asker, action, thing))
    }

    /// Whether somebody of this role may do this to what lies where he works.
    pub fn role_permits(&self, role: Role, area: &Area, action: Action) -> bool {
        let asker = Asker { account: "", role, area, must_change_password: false };
        self.permits(asker, action, Thing::of(area))
    }

    /// The roles that may do this at all.
    pub fn roles_that_may(&self, action: Action) -> Vec<Role> {
        let may = |role: &Role| self.role_permits(*role, &Area::Nation, action);
        Role::ALL.iter().copied().filter(may).collect()
    }

    fn decide(&self, asker: Asker<'_>, action: Action, thing: Thing<'_>) -> Result<bool, String> {
        let uid = |name: &EntityTypeName, id: String| {
            EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
        };
        let area = |area: &Area| uid(&self.area, area.to_string());
        let account = |name: &str| RestrictedExpression::new_entity_uid(uid(&self.account, name.to_owned()));
        let mut entities: HashMap<EntityUid, Entity> = HashMap::new();
        for one in [Some(asker.area), thing.area].into_iter().flatten() {
            for place in std::iter::once(one.clone()).chain(one.all_above()) {
                let above = place.above().as_ref().map(area).into_iter().collect();
                let id = area(&place);
                entities.entry(id.clone()).or_insert_with(|| Entity::new_no_attrs(id, above));
            }
        }
        let role = uid(&self.role, asker.role.code().to_owned());
        let principal = uid(&self.account, asker.account.to_owned());
        let resource = uid(&self.thing, "asked".to_owned());
        let asking = HashMap::from([
            ("area".to_owned(), RestrictedExpression::new_entity_uid(area(asker.area))),
            ("must_change_password".to_owned(), RestrictedExpression::new_bool(asker.must_change_password)),
        ]);
        let entered_by = thing.entered_by.iter().map(|name| account(name));
        let mut asked = HashMap::from([("entered_by".to_owned(), RestrictedExpression::new_set(entered_by))]);
        if let Some(of) = thing.area {
            asked.insert("area".to_owned(), RestrictedExpression::new_entity_uid(area(of)));
        }
        let made = |entity: Result<Entity, _>| entity.map_err(|error| error_text(&error));
        let all = entities.into_values().chain([
            Entity::new_no_attrs(role.clone(), HashSet::new()),
            made(Entity::new(principal.clone(), asking, HashSet::from([role])))?,
            made(Entity::new(resource.clone(), asked, HashSet::new()))?,
        ]);
        let entities =
            Entities::from_entities(all, Some(&self.schema)).map_err(|error| error_text(&error))?;
        let action = uid(&self.action, action.code().to_owned());
        let request = Request::new(principal, action, resource, Context::empty(), Some(&self.schema))
            .map_err(|error| error_text(&error))?;
        let answer = self.authorizer.is_authorized(&request, &self.policies, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        Ok(answer.decision() == Decision::Allow)
    }
}

fn error_text(error: &dyn std::error::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;
    use wire::openapi;

    fn engine() -> Engine {
        Engine::new().unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    fn area(text: &str) -> Area {
        Area::of_division(text.parse().unwrap())
    }

    /// Where somebody of a role works, as far up as there is.
    fn widest(role: Role) -> Area {
        let hospital =
            Area::Institution { code: "H42010600001".parse().unwrap(), place: "420106".parse().unwrap() };
        let all = [Area::Nation, area("420000"), area("420100"), hospital];
        all.into_iter().find(|area| role.fits(area)).expect("every role fits somewhere")
    }

    #[test]
    fn the_schema_names_every_action_and_every_role_has_a_policy() {
        let engine = engine();
        let named: HashSet<String> =
            engine.schema.actions().map(|uid| uid.id().unescaped().to_owned()).collect();
        let ours: HashSet<String> = Action::ALL.iter().map(|action| action.code().to_owned()).collect();
        let groups = HashSet::from(["decisions".to_owned()]);
        assert_eq!(named.difference(&ours).cloned().collect::<HashSet<_>>(), groups);
        assert_eq!(ours.difference(&named).count(), 0, "{ours:?}");
        for role in Role::ALL {
            let area = widest(*role);
            let may = Action::ALL.iter().filter(|action| engine.role_permits(*role, &area, **action)).count();
            assert!(may > 0, "{role} may nothing");
        }
        for action in Action::ALL {
            assert!(!engine.roles_that_may(*action).is_empty(), "nobody may {action}");
        }
    }

    /// `*` for anybody, `+` for all accounts of the role, `N` for those that work for the whole node, `.` for none; nothing where there
    /// is no such account at such a node.
    #[test]
    fn the_grid_of_all_endpoints_and_all_roles() {
        let engine = engine();
        let mut grid = String::new();
        let hospital =
            Area::Institution { code: "H42010600001".parse().unwrap(), place: "420106".parse().unwrap() };
        let of_province = vec![area("420000"), area("420100"), area("420106"), hospital];
        for (node, areas) in
            [(openapi::Role::Hub, vec![Area::Nation]), (openapi::Role::Province, of_province)]
        {
            let names: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
            writeln!(grid, "{node:?}: {}", names.join(", ")).unwrap();
            for line in openapi::permissions(node) {
                let may = |role: &Role| {
                    if line.whose == Whose::Public {
                        return '*';
                    }
                    let fitting: Vec<&Area> = areas.iter().filter(|area| role.fits(area)).collect();
                    let admitted = fitting.iter().filter(|area| {
                        let asker = Asker { account: "a", role: *role, area, must_change_password: false };
                        engine.admits(asker, line, &areas[0])
                    });
                    match admitted.count() {
                        _ if fitting.is_empty() => ' ',
                        0 => '.',
                        all if all == fitting.len() => '+',
                        _ => 'N',
                    }
                };
                let marks: String = Role::ALL.iter().map(may).collect();
                let whose = format!("{:?}", line.whose).to_lowercase();
                let action = line.action.map_or("-", Action::code);
                writeln!(grid, "|{marks}| {whose:<7} {action:<21} {} {}", line.method, line.path).unwrap();
            }
        }
        insta::assert_snapshot!(grid);
    }

    #[test]
    fn every_line_that_is_not_public_names_an_action() {
        for node in [openapi::Role::Hub, openapi::Role::Province] {
            for line in openapi::permissions(node) {
                let needs_none = matches!(line.whose, Whose::Public | Whose::Oneself);
                assert!(needs_none || line.action.is_some(), "{} {} names no action", line.method, line.path);
            }
        }
    }

    #[test]
    fn no_role_decides_on_what_it_enters() {
        let engine = engine();
        for (enters, decides) in [
            (Action::EnterFilings, Action::DecideFilings),
            (Action::WorkDifferences, Action::DecideDifferences),
            (Action::PlanClearing, Action::AdoptClearing),
            (Action::PlanPrepayment, Action::AdoptPrepayment),
            (Action::EnterPayments, Action::AdoptPayments),
            (Action::AdoptPayments, Action::PayInstitutions),
            (Action::EnterPayments, Action::PayInstitutions),
            (Action::UseWindow, Action::KeepInstitutionBooks),
            (Action::AdoptClearing, Action::PayTransfers),
            (Action::MaintainAccounts, Action::ReadAuditTrail),
        ] {
            let both: Vec<Role> = engine
                .roles_that_may(enters)
                .into_iter()
                .filter(|role| engine.roles_that_may(decides).contains(role))
                .collect();
            assert!(both.is_empty(), "{both:?} may {enters} and {decides}");
        }
        let may = |action: &&Action| {
            engine.role_permits(Role::AccountAdministrator, &widest(Role::AccountAdministrator), **action)
        };
        let all: Vec<&Action> = Action::ALL.iter().filter(may).collect();
        assert_eq!(all, [&Action::ReadWork, &Action::ReadAccounts, &Action::MaintainAccounts]);
    }

    #[test]
    fn what_no_policy_permits_is_denied() {
        let engine = engine();
        for (role, action) in [
            (Role::AgencyOperator, Action::DecideFilings),
            (Role::AgencyReviewer, Action::EnterFilings),
            (Role::Auditor, Action::EnterFilings),
            (Role::Supervisor, Action::ReadPeople),
            (Role::AccountAdministrator, Action::ReadPeople),
            (Role::Cashier, Action::ReadPeople),
            (Role::Insured, Action::ReadFilings),
            (Role::Finance, Action::AdoptClearing),
            (Role::HubReviewer, Action::PlanClearing),
        ] {
            assert!(!engine.role_permits(role, &widest(role), action), "{role} {action}");
        }
    }

    #[test]
    fn nobody_reaches_beyond_where_he_works_whatever_the_action() {
        let engine = engine();
        let (own, other, province) = (area("420100"), area("420500"), area("420000"));
        let clerk =
            Asker { account: "w", role: Role::AgencyOperator, area: &own, must_change_password: false };
        for action in Action::ALL {
            for beyond in [&other, &province, &Area::Nation] {
                assert!(!engine.permits(clerk, *action, Thing::of(beyond)), "{action} {beyond}");
            }
        }
        assert!(engine.permits(clerk, Action::ReadFilings, Thing::of(&own)));
        assert!(engine.permits(clerk, Action::ReadFilings, Thing::of(&area("420106"))));
        assert!(engine.permits(clerk, Action::ReadPolicies, Thing::NOBODYS));
        assert!(!engine.permits(clerk, Action::ReadAuditTrail, Thing::NOBODYS));
    }

    #[test]
    fn who_entered_does_not_decide_and_an_initial_password_does_nothing() {
        let engine = engine();
        let own = area("420100");
        let entered_by = ["wang".to_owned(), "li".to_owned()];
        let thing = Thing { area: Some(&own), entered_by: &entered_by };
        let reviewer =
            |account| Asker { account, role: Role::AgencyReviewer, area: &own, must_change_password: false };
        for action in [Action::DecideFilings, Action::AdoptClearing, Action::DecideDifferences] {
            assert!(!engine.permits(reviewer("wang"), action, thing), "{action}");
            assert!(engine.permits(reviewer("zhao"), action, thing), "{action}");
        }
        assert!(engine.permits(reviewer("wang"), Action::ReadFilings, thing), "reading is no decision");
        let initial = Asker { must_change_password: true, ..reviewer("zhao") };
        for action in Action::ALL {
            assert!(!engine.permits(initial, *action, thing), "{action}");
            assert!(!engine.permits(initial, *action, Thing::NOBODYS), "{action}");
        }
    }
}
