//! The shell's variables.

use std::collections::BTreeMap;

use super::lex::is_variable;
use crate::guest::tools::text;

/// Chains of the table that the variables of the reference shell lie in: they leave
/// it in that order.
const CHAINS: usize = 39;

/// A variable.
#[derive(Clone, Debug, Default)]
struct Variable {
    value: Option<Vec<u8>>,
    is_exported: bool,
    is_readonly: bool,
    /// When it came to be, among all.
    order: u64,
}

/// What a variable was, to be put back.
#[derive(Clone, Debug)]
pub(super) struct Former {
    name: Vec<u8>,
    variable: Option<Variable>,
}

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    table: BTreeMap<Vec<u8>, Variable>,
    bytes: usize,
    next: u64,
}

impl Variables {
    /// The variables of an environment.
    pub(super) fn of(environment: &[Vec<u8>]) -> Variables {
        let mut variables = Variables::default();
        for item in environment {
            let Some(end) = item.iter().position(|it| *it == b'=') else {
                continue;
            };
            let (name, value) = item.split_at(end);
            if is_variable(name) {
                variables.put(name, value[1..].to_vec());
                variables.export(name);
            }
        }
        variables
    }

    /// The value of one that is set.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.table.get(name)?.value.as_deref()
    }

    /// Bytes of all names and values.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.table.len() * size_of::<Variable>()
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// What is said of one that cannot be.
    pub(super) fn set(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), Vec<u8>> {
        self.check_writable(name)?;
        self.put(name, value);
        Ok(())
    }

    fn check_writable(&self, name: &[u8]) -> Result<(), Vec<u8>> {
        match self.table.get(name) {
            Some(variable) if variable.is_readonly => Err(text![name, ": is read only"]),
            _ => Ok(()),
        }
    }

    fn put(&mut self, name: &[u8], value: Vec<u8>) {
        self.bytes += value.len();
        let variable = self.entry(name);
        let before = variable.value.replace(value);
        self.bytes -= before.map_or(0, |it| it.len());
    }

    fn entry(&mut self, name: &[u8]) -> &mut Variable {
        if !self.table.contains_key(name) {
            self.next += 1;
            self.bytes += name.len();
        }
        let order = self.next;
        self.table.entry(name.to_vec()).or_insert_with(|| Variable {
            order,
            ..Variable::default()
        })
    }

    pub(super) fn export(&mut self, name: &[u8]) {
        self.entry(name).is_exported = true;
    }

    pub(super) fn make_readonly(&mut self, name: &[u8]) {
        self.entry(name).is_readonly = true;
    }

    /// Removes a variable.
    ///
    /// # Errors
    /// What is said of one that cannot be.
    pub(super) fn unset(&mut self, name: &[u8]) -> Result<(), Vec<u8>> {
        self.check_writable(name)?;
        self.remove(name);
        Ok(())
    }

    fn remove(&mut self, name: &[u8]) -> Option<Variable> {
        let variable = self.table.remove(name)?;
        self.bytes -= name.len() + variable.value.as_ref().map_or(0, Vec::len);
        Some(variable)
    }

    /// What a variable is now.
    pub(super) fn remember(&self, name: &[u8]) -> Former {
        Former {
            name: name.to_vec(),
            variable: self.table.get(name).cloned(),
        }
    }

    /// Makes a variable what it was.
    pub(super) fn put_back(&mut self, former: Former) {
        self.remove(&former.name);
        if let Some(variable) = former.variable {
            self.bytes += former.name.len() + variable.value.as_ref().map_or(0, Vec::len);
            self.table.insert(former.name, variable);
        }
    }

    /// What programs get to see.
    pub(super) fn environment(&self) -> Vec<Vec<u8>> {
        let mut exported: Vec<_> = self.table.iter().filter(|(_, it)| it.is_exported).collect();
        exported.sort_by_key(|(name, it)| (chain(name), it.order));
        let item = |(name, it): (&Vec<u8>, &Variable)| it.value.as_ref().map(|value| text![name, "=", value]);
        exported.into_iter().filter_map(item).collect()
    }

    /// The names and values of those that are set, for a listing.
    pub(super) fn list(&self, only_exported: bool, only_readonly: bool) -> Vec<(&[u8], Option<&[u8]>)> {
        let wanted = |it: &&Variable| it.is_exported >= only_exported && it.is_readonly >= only_readonly;
        let listed = self.table.iter().filter(|(_, it)| wanted(it));
        listed
            .map(|(name, it)| (name.as_slice(), it.value.as_deref()))
            .collect()
    }
}

/// The chain of a name.
fn chain(name: &[u8]) -> usize {
    let first = name.first().map_or(0, |it| usize::from(*it) << 4);
    (first + name.iter().map(|it| usize::from(*it)).sum::<usize>()) % CHAINS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(text: &str) -> Vec<Vec<u8>> {
        text.split_whitespace().map(|it| it.as_bytes().to_vec()).collect()
    }

    #[test]
    fn variables_leave_in_the_order_of_the_reference_shell() {
        let mut variables = Variables::of(&environment(
            "B=2 A=1 FOO=bar X=9 PATH=/usr/bin LANG=C HOME=/root bad 1=x",
        ));
        for name in [&b"ZED"[..], b"PWD"] {
            variables.set(name, b"1".to_vec()).expect("it can be set");
            variables.export(name);
        }
        variables.set(b"hidden", b"1".to_vec()).expect("it can be set");
        let expected = environment("HOME=/root A=1 X=9 PATH=/usr/bin FOO=bar LANG=C ZED=1 B=2 PWD=1");
        assert_eq!(variables.environment(), expected);
    }

    #[test]
    fn what_was_can_be_put_back() {
        let mut variables = Variables::of(&environment("A=1"));
        let (a, b) = (variables.remember(b"A"), variables.remember(b"B"));
        variables.set(b"A", b"2".to_vec()).expect("it can be set");
        variables.set(b"B", b"2".to_vec()).expect("it can be set");
        let bytes = variables.bytes;
        variables.put_back(a);
        variables.put_back(b);
        assert_eq!((variables.get(b"A"), variables.get(b"B")), (Some(&b"1"[..]), None));
        assert_eq!(variables.bytes, bytes - 2);
    }

    #[test]
    fn some_can_only_be_read() {
        let mut variables = Variables::of(&environment("A=1"));
        variables.make_readonly(b"A");
        assert_eq!(variables.set(b"A", b"2".to_vec()), Err(b"A: is read only".to_vec()));
        assert_eq!(variables.unset(b"A"), Err(b"A: is read only".to_vec()));
    }
}
