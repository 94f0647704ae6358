//! Roles (角色): what somebody is at a node. An account has one; what it may do stands in the node's policy.

use super::Area;
use terms::Refusal;

named! {
    /// What somebody is at a node.
    Role,
    /// A text is not a role's code.
    NotARole {
        /// 国家经办: works at the hub.
        HubOperator "hub-operator" "国家经办";
        /// 国家复核: decides at the hub on what others have entered.
        HubReviewer "hub-reviewer" "国家复核";
        /// 经办: works at an agency of a province or a pooling area.
        AgencyOperator "agency-operator" "经办";
        /// 复核: decides at an agency on what others have entered.
        AgencyReviewer "agency-reviewer" "复核";
        /// 财政: keeps the fiscal special account, and pays.
        Finance "finance" "财政";
        /// 行政监管: sees figures and money, and no person.
        Supervisor "supervisor" "行政监管";
        /// 审计: sees all books and who did what, and changes nothing.
        Auditor "auditor" "审计";
        /// 收费员: works at a window of one institution.
        Cashier "cashier" "收费员";
        /// 机构医保办: sees what concerns one institution.
        InstitutionOffice "institution-office" "机构医保办";
        /// 账户管理员: gives accounts, and does nothing else.
        AccountAdministrator "account-administrator" "账户管理员";
        /// 参保人: somebody insured here, at the portal.
        Insured "insured" "参保人";
    }
}

impl Role {
    /// Whether this role is of such an area: those of the hub are the nation's, those of institutions an institution's.
    pub fn fits(self, area: &Area) -> bool {
        match self {
            Self::HubOperator | Self::HubReviewer => matches!(area, Area::Nation),
            Self::AgencyOperator | Self::AgencyReviewer => {
                matches!(area, Area::Province(_) | Area::City(_) | Area::County(_))
            }
            Self::Cashier | Self::InstitutionOffice => matches!(area, Area::Institution { .. }),
            Self::Insured => matches!(area, Area::City(_)),
            Self::Finance | Self::Supervisor | Self::Auditor | Self::AccountAdministrator => {
                !matches!(area, Area::Institution { .. } | Area::County(_))
            }
        }
    }

    /// Whether accounts of this role are given by an administrator; those of the insured are made by the insured.
    pub const fn is_given(self) -> bool {
        !matches!(self, Self::Insured)
    }

    /// Separation of duties (不相容岗位): whether one person may not have accounts of both roles at one node. Who gives accounts
    /// does nothing else, who audits or supervises does not work on what is audited, who enters does not decide, and who pays is
    /// neither.
    pub fn excludes(self, other: Self) -> bool {
        let duty = |role| match role {
            Self::AccountAdministrator => 0,
            Self::Auditor | Self::Supervisor => 1,
            Self::HubOperator | Self::AgencyOperator => 2,
            Self::HubReviewer | Self::AgencyReviewer => 3,
            Self::Finance => 4,
            Self::Cashier | Self::InstitutionOffice => 5,
            // Whoever works here may be insured here.
            Self::Insured => 6,
        };
        let is_insured = self == Self::Insured || other == Self::Insured;
        !is_insured && duty(self) != duty(other)
    }

    /// Refuses roles that one person may not have beside others.
    pub fn check_beside(self, others: &[Self]) -> Result<(), Refusal> {
        match others.iter().find(|other| self.excludes(**other)) {
            None => Ok(()),
            Some(other) => Err(Refusal::RolesExclude {
                role: self.chinese().to_owned(),
                other: other.chinese().to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for role in Role::ALL {
            assert_eq!(role.code().parse(), Ok(*role));
        }
        assert_eq!("root".parse::<Role>(), Err(NotARole));
    }

    #[test]
    fn duties_are_separate_either_way_round() {
        use Role::{
            AccountAdministrator, AgencyOperator, AgencyReviewer, Auditor, Cashier, Finance, HubOperator,
            HubReviewer, InstitutionOffice, Insured, Supervisor,
        };
        for (one, other, excluded) in [
            (AgencyOperator, AgencyReviewer, true),
            (HubOperator, HubReviewer, true),
            (AgencyReviewer, Finance, true),
            (AgencyOperator, Finance, true),
            (AccountAdministrator, AgencyOperator, true),
            (AccountAdministrator, Auditor, true),
            (Auditor, AgencyOperator, true),
            (Auditor, Finance, true),
            (Auditor, Supervisor, false),
            (Cashier, InstitutionOffice, false),
            (Cashier, AgencyReviewer, true),
            (Insured, AgencyReviewer, false),
            (Insured, Cashier, false),
            (AgencyOperator, AgencyOperator, false),
        ] {
            assert_eq!(one.excludes(other), excluded, "{one} {other}");
            assert_eq!(other.excludes(one), excluded, "{other} {one}");
        }
        let refused = AgencyReviewer.check_beside(&[Insured, AgencyOperator]).unwrap_err();
        assert_eq!(refused.code(), "roles-exclude");
        assert!(AgencyReviewer.check_beside(&[AgencyReviewer, Insured]).is_ok());
    }

    #[test]
    fn a_role_is_of_its_areas() {
        let city = Area::City("420100".parse::<terms::AdminDivision>().unwrap().pooling_area());
        let nation = Area::Nation;
        assert!(Role::AgencyOperator.fits(&city) && !Role::AgencyOperator.fits(&nation));
        assert!(Role::HubOperator.fits(&nation) && !Role::HubOperator.fits(&city));
        assert!(!Role::Cashier.fits(&city));
        assert!(Role::Finance.fits(&city) && Role::Finance.fits(&nation));
    }
}
