//! A pattern as a tree.

/// What a value must be, and the name it is kept under.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// It must pass one of these; never empty.
    pub tests: Vec<Test>,
    /// `as $x`: the variable that takes the value.
    pub capture: Option<String>,
}

/// One way for a value to match.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// That number: integers by value and only integers, others by their double.
    Number(Number),
    /// That string.
    Str(Text),
    /// An object with these members.
    Object {
        /// Its members.
        members: Vec<Member>,
        /// `...`: it may have others.
        open: bool,
    },
    /// An array that begins with these elements.
    Array {
        /// Its elements.
        items: Vec<Pattern>,
        /// `...`: more may follow.
        open: bool,
    },
    /// `some(P)`: an array with an element, or several, that match.
    Some(Box<Pattern>),
    /// `each(P)`: an array whose elements all match.
    Each(Box<Pattern>),
    /// `unique("…")`: an array of objects of which no two have the same value for
    /// that member.
    Unique(String),
    /// `not(P)`: a value that does not match.
    Not(Box<Pattern>),
    /// `_` or a type's name.
    Kind(Kind),
    /// `int(a..b)`: an integer, both ends included.
    Range {
        /// The least.
        from: Option<Number>,
        /// The greatest.
        to: Option<Number>,
    },
    /// `starts("…")`: a string that begins so.
    Starts(Text),
    /// `ends("…")`: a string that ends so.
    Ends(Text),
    /// `has("…")`: a string with that in it.
    Has(Text),
    /// `re("…")`: a string in which the expression is found.
    Re(String),
    /// `b64("…")`: a string that is the text in base64.
    Base64(Text),
    /// `$x`: equal to the captured value.
    Var(String),
}

/// A member of an object pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// `?`: it may be absent.
    pub optional: bool,
    /// What its value must be.
    pub value: Pattern,
}

/// A type of JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `_`: any value.
    Any,
    /// `int`: a number written without fraction and exponent.
    Int,
    /// `num`: a number.
    Num,
    /// `str`: a string.
    Str,
    /// `bool`: true or false.
    Bool,
    /// `arr`: an array.
    Arr,
    /// `obj`: an object.
    Obj,
}

/// A number as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(pub String);

/// A string with variables in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its pieces, in order.
    pub parts: Vec<TextPart>,
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// These characters.
    Literal(String),
    /// The characters of a variable's value.
    Var(String),
}
