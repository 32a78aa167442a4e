using System.Globalization;

namespace Hooks.KernelSource.C;

/// <summary>A function that cannot be parsed: where, and what is there.</summary>
internal sealed class ParseException(string file, int line, string what) : Exception($"{file}:{line}: {what}");

/// <summary>
/// Reads the bodies of functions. Kernel C is not preprocessed: a macro's use is read as the call that it looks like, one that is followed by a statement as a loop.
/// What is a type is told from how it stands there, as a reader of one file tells it.
/// </summary>
internal sealed class Parser
{
    /// <summary>How deep statements and expressions may be nested. The kernel's own limit of indentation is far below it.</summary>
    private const int MaxDepth = 200;

    private static readonly HashSet<string> TypeWords = new(StringComparer.Ordinal)
    {
        "struct", "union", "enum", "unsigned", "signed", "int", "long", "char", "short", "void", "const", "bool", "static", "volatile", "register", "float",
        "double", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "__always_unused", "__maybe_unused",
    };

    private readonly List<Token> _tokens;
    private readonly string _file;
    private int _at;
    private int _depth;

    private Parser(List<Token> tokens, int at, string file)
    {
        _tokens = tokens;
        _at = at;
        _file = file;
    }

    private Token Current => _tokens[_at];

    /// <summary>
    /// The functions of a file, by name: NAME ( … ) attributes { outside of all braces. A body is read when it is asked for, so what cannot be read in a function
    /// that nobody needs does not matter. Of two with one name the first counts.
    /// </summary>
    public static Dictionary<string, Lazy<Function>> Functions(List<Token> tokens, string file)
    {
        var found = new Dictionary<string, Lazy<Function>>(StringComparer.Ordinal);
        var depth = 0;
        for (var at = 0; at < tokens.Count; at++)
        {
            if (tokens[at].Is("{")) depth++;
            else if (tokens[at].Is("}")) depth = Math.Max(0, depth - 1);
            if (depth != 0 || tokens[at].Kind != TokenKind.Identifier || !tokens[at + 1].Is("(")) continue;
            var close = Close(tokens, at + 1);
            var brace = close + 1;
            while (brace < tokens.Count && tokens[brace].Kind == TokenKind.Identifier)
            {
                brace++;
                if (brace < tokens.Count && tokens[brace].Is("(")) brace = Close(tokens, brace) + 1;
            }

            if (brace >= tokens.Count || !tokens[brace].Is("{"))
            {
                at = Math.Min(close, tokens.Count - 1);
                continue;
            }

            var (name, body) = (at, brace);
            found.TryAdd(tokens[name].Text, new Lazy<Function>(() => new Parser(tokens, name, file).Function(body), LazyThreadSafetyMode.PublicationOnly));
            at = brace - 1;
        }

        return found;
    }

    /// <summary>How tightly a binary operator binds; 0 for what is none.</summary>
    public static int Precedence(string op) => op switch
    {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" or "!=" => 6,
        "<" or ">" or "<=" or ">=" => 7,
        "<<" or ">>" => 8,
        "+" or "-" => 9,
        "*" or "/" or "%" => 10,
        _ => 0,
    };

    /// <summary>The position of the parenthesis that closes the one at a position; the last token if none does.</summary>
    private static int Close(List<Token> tokens, int at)
    {
        var depth = 0;
        for (; at < tokens.Count - 1; at++)
        {
            if (tokens[at].Is("(")) depth++;
            else if (tokens[at].Is(")") && --depth == 0) return at;
        }

        return tokens.Count - 1;
    }

    private static bool IsTypeName(string name) => TypeWords.Contains(name) || name.EndsWith("_t", StringComparison.Ordinal);

    private static long ValueOf(string number)
    {
        if (number[0] == '\'') return number.Length > 1 ? number[1] : 0;
        var digits = number.TrimEnd('u', 'U', 'l', 'L');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? unchecked((long)hex) : 0;
        }

        if (digits.Length > 1 && digits[0] == '0')
        {
            var octal = 0L;
            foreach (var c in digits) octal = (octal * 8) + (c & 7);
            return octal;
        }

        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    private ParseException Error(string what) => new(_file, Current.Line, what);

    private Token Next()
    {
        var token = Current;
        if (token.Kind == TokenKind.End) throw Error("the file ends in the middle of a function");
        _at++;
        return token;
    }

    private Token Ahead(int count = 1) => _tokens[Math.Min(_at + count, _tokens.Count - 1)];

    private bool Eat(string text)
    {
        if (!Current.Is(text)) return false;
        _at++;
        return true;
    }

    private void Need(string text)
    {
        if (!Eat(text)) throw Error($"expected '{text}', found {Current}");
    }

    private void Deeper()
    {
        if (++_depth > MaxDepth) throw Error($"nested more than {MaxDepth} deep");
    }

    private Function Function(int body)
    {
        var first = _at;
        while (first > 0 && (_tokens[first - 1].Kind == TokenKind.Identifier || _tokens[first - 1].Is("*"))) first--;
        var type = TypeOf(_tokens[first.._at].Select(t => t.Text));
        var name = Next();
        var parameters = Parameters();
        _at = body;
        var block = Block();
        return new Function(type, name.Text, _file, parameters, block, name.Line, _tokens[_at - 1].Line);
    }

    private List<Parameter> Parameters()
    {
        var found = new List<Parameter>();
        Need("(");
        while (!Current.Is(")"))
        {
            var words = new List<string>();
            var depth = 0;
            while (depth > 0 || (!Current.Is(",") && !Current.Is(")")))
            {
                if (Current.Is("(")) depth++;
                else if (Current.Is(")")) depth--;
                words.Add(Next().Text);
            }

            if (words is not ["void"] && words.Count > 1) found.Add(new Parameter(TypeOf(words[..^1]), words[^1]));
            Eat(",");
        }

        Need(")");
        return found;
    }

    /// <summary>A type as one text: <c>struct folio*</c>.</summary>
    private static string TypeOf(IEnumerable<string> words) =>
        string.Join(' ', words.Where(w => w is not ("static" or "const" or "volatile" or "register" or "__maybe_unused" or "__always_unused" or "inline" or "noinline" or "__always_inline" or "extern"))).Replace(" *", "*", StringComparison.Ordinal);

    private Block Block()
    {
        var line = Current.Line;
        Need("{");
        var statements = new List<Statement>();
        while (!Eat("}")) Statement(statements);
        return new Block(statements, line);
    }

    private Statement One()
    {
        var line = Current.Line;
        var statements = new List<Statement>();
        do Statement(statements);
        while (statements.Count > 0 && statements[^1] is Labelled or Case);
        return statements.Count == 1 ? statements[0] : new Block(statements, line);
    }

    private void Statement(List<Statement> to)
    {
        Deeper();
        Parse(to);
        _depth--;
    }

    private void Parse(List<Statement> to)
    {
        var line = Current.Line;
        if (Current.Is("{"))
        {
            to.Add(Block());
            return;
        }

        if (Eat(";")) return;
        if (Current.Kind == TokenKind.Identifier && Keyword(line) is { } statement)
        {
            if (statement is not Block { Statements.Count: 0 }) to.Add(statement);
            return;
        }

        if (Current.Kind == TokenKind.Identifier && Ahead().Is(":"))
        {
            to.Add(new Labelled(Next().Text, line));
            _at++;
            return;
        }

        if (IsDeclaration())
        {
            Declarations(to);
            return;
        }

        var expression = Comma();
        if (!Current.Is(";") && expression is Call)
        {
            to.Add(new Loop(LoopKind.Macro, null, expression, null, One(), line));
            return;
        }

        Need(";");
        to.Add(new ExpressionStatement(expression, line));
    }

    /// <summary>A statement that begins with a keyword; null if this is none, an empty block for one that means nothing.</summary>
    private Statement? Keyword(int line)
    {
        switch (Current.Text)
        {
            case "if":
                _at++;
                var condition = InParentheses();
                var then = One();
                return new If(condition, then, Eat("else") ? One() : null, line);
            case "goto":
                _at++;
                var label = Next().Text;
                Need(";");
                return new Goto(label, line);
            case "return":
                _at++;
                var value = Current.Is(";") ? null : Comma();
                Need(";");
                return new Return(value, line);
            case "while":
                _at++;
                return new Loop(LoopKind.While, null, InParentheses(), null, One(), line);
            case "do":
                _at++;
                var body = One();
                Need("while");
                var until = InParentheses();
                Need(";");
                return new Loop(LoopKind.Do, null, until, null, body, line);
            case "for":
                _at++;
                Need("(");
                var first = Current.Is(";") ? null : Comma();
                Need(";");
                var goesOn = Current.Is(";") ? null : Comma();
                Need(";");
                var next = Current.Is(")") ? null : Comma();
                Need(")");
                return new Loop(LoopKind.For, first, goesOn, next, One(), line);
            case "switch":
                _at++;
                return new Switch(InParentheses(), One(), line);
            case "case":
                _at++;
                var constant = Conditional();
                if (Eat("...")) Conditional();
                Need(":");
                return new Case(constant, line);
            case "default" when Ahead().Is(":"):
                _at += 2;
                return new Case(null, line);
            case "break" or "continue":
                var isContinue = Next().Text == "continue";
                Need(";");
                return new LeaveLoop(isContinue, line);
            case "fallthrough" when Ahead().Is(";"):
                _at += 2;
                return new Block([], line);
            default:
                return null;
        }
    }

    private Expression InParentheses()
    {
        Need("(");
        var expression = Comma();
        Need(")");
        return expression;
    }

    private bool IsDeclaration()
    {
        if (Current.Kind != TokenKind.Identifier) return false;
        if (IsTypeName(Current.Text)) return true;

        // foo *bar = …; is a declaration, and so is foo * bar;
        var at = 1;
        while (Ahead(at).Is("*")) at++;
        return Ahead(at).Kind == TokenKind.Identifier && (Ahead(at + 1).Is("=") || Ahead(at + 1).Is(";") || Ahead(at + 1).Is(",") || Ahead(at + 1).Is("["));
    }

    private void Declarations(List<Statement> to)
    {
        var words = new List<string>();
        while (Current.Kind == TokenKind.Identifier)
        {
            var first = !words.Exists(w => w is not ("static" or "const" or "volatile" or "register"));
            if (!first && !TypeWords.Contains(Current.Text) && words[^1] is not ("struct" or "union" or "enum")) break;
            words.Add(Next().Text);
        }

        var type = TypeOf(words);
        do
        {
            var line = Current.Line;
            var stars = "";
            while (Current.Is("*") || Current.Is("const"))
            {
                if (Next().Text == "*") stars += "*";
            }

            var name = Next();
            if (name.Kind != TokenKind.Identifier) throw new ParseException(_file, name.Line, $"expected the name of a variable, found {name}");
            while (Eat("["))
            {
                while (!Eat("]")) Next();
                stars += "[]";
            }

            while (Current.Kind == TokenKind.Identifier)
            {
                Next();
                if (Current.Is("(")) _at = Close(_tokens, _at) + 1;
            }

            to.Add(new Declaration(type + stars, name.Text, Eat("=") ? Initialiser() : null, line));
        }
        while (Eat(","));

        Need(";");
    }

    private Expression Initialiser()
    {
        if (!Current.Is("{")) return Assignment();
        var line = Current.Line;
        if (Ahead().Is(".") && Ahead(2).Text == "val" && Ahead(3).Is("="))
        {
            // The one member of a swap entry, or of a page table entry: its value is theirs.
            _at += 4;
            var only = Assignment();
            Eat(",");
            Need("}");
            return only;
        }

        var depth = 0;
        do
        {
            var token = Next();
            if (token.Is("{")) depth++;
            else if (token.Is("}")) depth--;
        }
        while (depth > 0);

        return new Opaque("{ … }", line);
    }

    private Expression Comma()
    {
        var left = Assignment();
        while (Current.Is(","))
        {
            var line = Next().Line;
            left = new Binary(",", left, Assignment(), line);
        }

        return left;
    }

    private Expression Assignment()
    {
        Deeper();
        var left = Conditional();
        if (Current.Kind == TokenKind.Punctuation && Current.Text is "=" or "+=" or "-=" or "*=" or "/=" or "%=" or "&=" or "|=" or "^=" or "<<=" or ">>=")
        {
            var op = Next();
            left = new Assign(op.Text, left, Assignment(), op.Line);
        }

        _depth--;
        return left;
    }

    private Expression Conditional()
    {
        var condition = Binary(0);
        if (!Current.Is("?")) return condition;
        var line = Next().Line;
        if (Eat(":")) return new Choice(condition, condition, Conditional(), line);
        var then = Comma();
        Need(":");
        Deeper();
        var otherwise = Conditional();
        _depth--;
        return new Choice(condition, then, otherwise, line);
    }

    private Expression Binary(int above)
    {
        var left = Unary();
        while (Current.Kind == TokenKind.Punctuation && Precedence(Current.Text) is var precedence && precedence > above)
        {
            var op = Next();
            left = new Binary(op.Text, left, Binary(precedence), op.Line);
        }

        return left;
    }

    private Expression Unary()
    {
        Deeper();
        var line = Current.Line;
        Expression found;
        if (Current.Kind == TokenKind.Punctuation && Current.Text is "!" or "~" or "-" or "+" or "*" or "&" or "++" or "--")
        {
            found = new Unary(Next().Text, Unary(), line);
        }
        else if (Current.Is("(") && IsCast(out var close))
        {
            var type = TypeOf(_tokens[(_at + 1)..close].Select(t => t.Text));
            _at = close + 1;
            found = new Cast(type, Unary(), line);
        }
        else if (Current.Is("sizeof"))
        {
            Next();
            if (Current.Is("(")) _at = Close(_tokens, _at) + 1;
            else Unary();
            found = new Opaque("sizeof", line);
        }
        else
        {
            found = Postfix();
        }

        _depth--;
        return found;
    }

    private bool IsCast(out int close)
    {
        close = Close(_tokens, _at);
        if (Ahead().Kind != TokenKind.Identifier || !IsTypeName(Ahead().Text)) return false;
        for (var at = _at + 1; at < close; at++)
        {
            if (_tokens[at].Kind != TokenKind.Identifier && !_tokens[at].Is("*")) return false;
        }

        return true;
    }

    private Expression Postfix()
    {
        var token = Next();
        Expression found = token.Kind switch
        {
            TokenKind.Identifier => new Name(token.Text, token.Line),
            TokenKind.Number => new Number(ValueOf(token.Text), token.Line),
            TokenKind.Text => new Opaque(token.Text, token.Line),
            _ when token.Is("(") => Parenthesised(),
            _ => throw new ParseException(_file, token.Line, $"expected an expression, found {token}"),
        };
        while (token.Kind == TokenKind.Text && Current.Kind == TokenKind.Text) _at++;
        while (true)
        {
            if (Current.Is("("))
            {
                found = new Call(found is Name name ? name.Text : "", found is Name ? null : found, Arguments(), token.Line);
            }
            else if (Current.Is("->") || Current.Is("."))
            {
                var arrow = Next().Text == "->";
                found = new Member(found, Next().Text, arrow, token.Line);
            }
            else if (Eat("["))
            {
                var index = Comma();
                Need("]");
                found = new Element(found, index, token.Line);
            }
            else if (Current.Is("++") || Current.Is("--"))
            {
                found = new Unary("post" + Next().Text, found, token.Line);
            }
            else
            {
                return found;
            }
        }
    }

    private Expression Parenthesised()
    {
        if (Current.Is("{")) throw Error("a statement as an expression, ({ … })");
        var inner = Comma();
        Need(")");
        return inner;
    }

    private List<Expression> Arguments()
    {
        var arguments = new List<Expression>();
        Need("(");
        while (!Current.Is(")"))
        {
            arguments.Add(Current.Kind == TokenKind.Identifier && Current.Text is "struct" or "union" or "enum" or "unsigned" ? TypeArgument() : Assignment());
            if (!Eat(",")) break;
        }

        Need(")");
        return arguments;
    }

    private Opaque TypeArgument()
    {
        var line = Current.Line;
        var words = new List<string>();
        while (!Current.Is(",") && !Current.Is(")")) words.Add(Next().Text);
        return new Opaque(TypeOf(words), line);
    }
}
