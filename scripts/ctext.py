# SPDX-License-Identifier: GPL-2.0
"""Functions of C files in kernel style, for the check-* scripts."""

import glob
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def sources(*patterns):
    """Files below the top that match, by their path from the top."""
    found = set()
    for pattern in patterns:
        found.update(glob.glob(os.path.join(TOP, pattern), recursive=True))
    return sorted(os.path.relpath(name, TOP) for name in found)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def blank(text):
    """The text with comments, strings and directives blanked, line breaks kept."""

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  spaces, text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", spaces, text, flags=re.M)


class Function:
    """One function definition: head before its brace, body between braces."""

    def __init__(self, name, head, body, line, nr_lines, before):
        self.name = name
        self.head = head
        self.body = body
        self.line = line
        self.nr_lines = nr_lines
        self.before = before        # the text before the head, comments included
        self.is_static = bool(re.search(r"\bstatic\b", head))
        # SOMETHING(...) { } : the head is a macro's.
        self.is_made = bool(re.fullmatch(r"[A-Z][A-Z0-9_]*", name))

    def params(self):
        inner = self.head[self.head.index("(") + 1:self.head.rindex(")")]
        depth = 0
        nr = 1
        for char in inner:
            depth += (char == "(") - (char == ")")
            nr += char == "," and depth == 0
        return 0 if inner.strip() in ("", "void") else nr


def functions(text):
    """Functions: in kernel style a body is between braces in column 0."""
    clean = blank(text)
    for match in re.finditer(r"^\{\n(.*?)^\}", clean, flags=re.M | re.S):
        head_from = max(clean.rfind(end, 0, match.start()) for end in (";\n", "}\n", "\n\n")) + 2
        head = clean[head_from:match.start()]
        head_from += len(head) - len(head.lstrip())
        names = re.findall(r"(\w+)\s*\(", re.sub(r"__\w+\s*\([^()]*\)", "", head))
        if not names or "=" in head:
            continue
        head = head.strip()
        line = clean.count("\n", 0, head_from) + 1
        nr_lines = clean.count("\n", 0, match.end()) + 1 - line + 1
        yield Function(names[0], head, match.group(1), line, nr_lines, text[:head_from])


TOKEN = re.compile(r"\w+|\S")


class Nesting:
    """Deepest nesting of control statements in a body, and most cases of a switch."""

    def __init__(self, body):
        self.tokens = TOKEN.findall(body)
        self.pos = 0
        self.deepest = 0
        self.most_cases = 0
        while self.pos < len(self.tokens):
            self.statement(0)

    def peek(self):
        return self.tokens[self.pos] if self.pos < len(self.tokens) else ""

    def skip_parens(self):
        depth = 0
        while self.pos < len(self.tokens):
            depth += (self.peek() == "(") - (self.peek() == ")")
            self.pos += 1
            if depth == 0:
                return

    def block(self, depth):
        """Statements up to the closing brace: the number of case labels among them."""
        nr_cases = 0
        self.pos += 1
        while self.peek() not in ("}", ""):
            if self.peek() in ("case", "default"):
                nr_cases += self.peek() == "case"
                while self.peek() not in (":", ""):
                    self.pos += 1
                self.pos += 1
                continue
            self.statement(depth)
        self.pos += 1
        return nr_cases

    def control(self, depth):
        """What a control statement governs."""
        self.deepest = max(self.deepest, depth)
        if self.peek() == "{":
            return self.block(depth)
        self.statement(depth)
        return 0

    def statement(self, depth):
        word = self.peek()
        if word == "{":
            self.block(depth)
        elif word in ("if", "for", "while"):
            self.pos += 1
            self.skip_parens()
            self.control(depth + 1)
            while word == "if" and self.peek() == "else":
                self.pos += 1
                if self.peek() == "if":
                    self.pos += 1
                    self.skip_parens()
                self.control(depth + 1)
        elif word == "switch":
            self.pos += 1
            self.skip_parens()
            self.most_cases = max(self.most_cases, self.control(depth + 1))
        elif word == "do":
            self.pos += 1
            self.control(depth + 1)
            self.simple()
        elif "for_each" in word and self.tokens[self.pos + 1:self.pos + 2] == ["("]:
            self.pos += 1
            self.skip_parens()
            self.control(depth + 1)
        elif re.match(r"[A-Za-z_]\w*$", word) and self.tokens[self.pos + 1:self.pos + 2] == [":"]:
            self.pos += 2
        else:
            self.simple()

    def simple(self):
        depth = 0
        while self.pos < len(self.tokens):
            token = self.peek()
            if depth == 0 and token == "}":
                return
            depth += (token in "({[") - (token in ")}]")
            self.pos += 1
            if depth == 0 and token == ";":
                return
