//! The national code tables (医疗保障信息业务编码), as far as this system reads or prints them.
