using System.Buffers;
using System.Globalization;

namespace Hooks.KernelSource.C;

/// <summary>
/// Kernel C as tokens. Comments go, lines are counted, and conditionals (<c>#if</c>) are decided by a <see cref="Configuration"/>; macros are not
/// expanded: a macro's use is read as what it looks like, a call or a name.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Operators =
        ["<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##"];

    private static readonly SearchValues<char> Word = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private readonly string _source;
    private readonly Configuration _configuration;
    private readonly List<Token> _tokens;
    private readonly Stack<(bool Outer, bool Taken)> _conditions = new();
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _names;
    private bool _active = true;
    private int _at;
    private int _line = 1;

    private Lexer(string source, Configuration configuration)
    {
        _source = source;
        _configuration = configuration;
        _tokens = new List<Token>((source.Length / 5) + 1);
        _names = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The tokens of a file; the last is <see cref="TokenKind.End"/>.</summary>
    public static List<Token> Read(string source, Configuration configuration)
    {
        var lexer = new Lexer(source, configuration);
        lexer.Run();
        return lexer._tokens;
    }

    private static bool IsWord(char c) => Word.Contains(c);

    private void Run()
    {
        var startOfLine = true;
        while (_at < _source.Length)
        {
            var c = _source[_at];
            if (c == '\n')
            {
                _line++;
                _at++;
                startOfLine = true;
            }
            else if (char.IsWhiteSpace(c))
            {
                _at++;
            }
            else if (c == '\\' && Next('\n'))
            {
                _at += 2;
                _line++;
            }
            else if (c == '/' && Next('*'))
            {
                SkipComment();
            }
            else if (c == '/' && Next('/'))
            {
                SkipTo('\n');
            }
            else if (c == '#' && startOfLine)
            {
                Directive();
            }
            else
            {
                startOfLine = false;
                if (_active) Token(c);
                else _at++;
            }
        }

        _tokens.Add(new Token(TokenKind.End, "", _line));
    }

    private bool Next(char c) => _at + 1 < _source.Length && _source[_at + 1] == c;

    private void SkipTo(char c)
    {
        var found = _source.IndexOf(c, _at);
        _at = found < 0 ? _source.Length : found;
    }

    private void SkipComment()
    {
        var end = _source.IndexOf("*/", _at + 2, StringComparison.Ordinal);
        if (end < 0) end = _source.Length;
        _line += _source.AsSpan(_at, end - _at).Count('\n');
        _at = Math.Min(end + 2, _source.Length);
    }

    private void Token(char c)
    {
        if (IsWord(c))
        {
            var length = _source.AsSpan(_at).IndexOfAnyExcept(Word);
            if (length < 0) length = _source.Length - _at;
            if (char.IsAsciiDigit(c) && _at + length < _source.Length && _source[_at + length] == '.')
            {
                while (_at + length < _source.Length && (IsWord(_source[_at + length]) || _source[_at + length] == '.')) length++;
            }

            Add(char.IsAsciiDigit(c) ? TokenKind.Number : TokenKind.Identifier, length);
            return;
        }

        if (c is '"' or '\'')
        {
            var end = _at + 1;
            while (end < _source.Length && _source[end] != c && _source[end] != '\n') end += _source[end] == '\\' ? 2 : 1;
            Add(c == '"' ? TokenKind.Text : TokenKind.Number, Math.Min(end + 1, _source.Length) - _at);
            return;
        }

        var op = Array.Find(Operators, o => string.CompareOrdinal(_source, _at, o, 0, o.Length) == 0);
        Add(TokenKind.Punctuation, op?.Length ?? 1);
    }

    private void Add(TokenKind kind, int length)
    {
        var span = _source.AsSpan(_at, length);
        if (!_names.TryGetValue(span, out var text)) _names[span] = text = span.ToString();
        _tokens.Add(new Token(kind, text, _line));
        _at += length;
    }

    private void Directive()
    {
        var line = _line;
        var text = Logical();
        var body = text.AsSpan(1).TrimStart();
        var length = body.IndexOfAnyExcept(Word);
        var word = (length < 0 ? body : body[..length]).ToString();
        var rest = length < 0 ? "" : body[length..].Trim().ToString();
        switch (word)
        {
            case "if":
                Push(_active && Holds(rest, line));
                break;
            case "ifdef":
                Push(_active && _configuration.IsDefined(FirstWord(rest), line));
                break;
            case "ifndef":
                Push(_active && !_configuration.IsDefined(FirstWord(rest), line));
                break;
            case "elif" when _conditions.TryPop(out var before):
                _active = before.Outer && !before.Taken && Holds(rest, line);
                _conditions.Push((before.Outer, before.Taken || _active));
                break;
            case "else" when _conditions.TryPop(out var before):
                _active = before.Outer && !before.Taken;
                _conditions.Push((before.Outer, true));
                break;
            case "endif" when _conditions.TryPop(out var before):
                _active = before.Outer;
                break;
        }
    }

    private static string FirstWord(string text) => text.Split([' ', '\t', '/'], 2)[0];

    private void Push(bool holds)
    {
        _conditions.Push((_active, holds));
        _active = _active && holds;
    }

    /// <summary>A directive with its continuation lines, without comments.</summary>
    private string Logical()
    {
        var text = new System.Text.StringBuilder();
        while (_at < _source.Length && _source[_at] != '\n')
        {
            if (_source[_at] == '\\' && Next('\n'))
            {
                _at += 2;
                _line++;
                text.Append(' ');
            }
            else if (_source[_at] == '/' && Next('*'))
            {
                SkipComment();
            }
            else
            {
                text.Append(_source[_at++]);
            }
        }

        return text.ToString();
    }

    /// <summary>Whether the condition of an <c>#if</c> holds: defined(), IS_ENABLED(), numbers, and what joins them. Anything else is not decided, and false.</summary>
    private bool Holds(string condition, int line) => new Condition(Read(condition, new Configuration()), _configuration, line).Value() != 0;

    private sealed class Condition(List<Token> tokens, Configuration configuration, int line)
    {
        private int _at;
        private int _depth;

        public long Value()
        {
            // Conditions nested deeper than any kernel's are not worth a stack.
            if (++_depth > 100) return 0;
            var value = And();
            while (tokens[_at].Is("||"))
            {
                _at++;
                var right = And();
                value = value != 0 || right != 0 ? 1 : 0;
            }

            _depth--;
            return value;
        }

        private long And()
        {
            var value = Comparison();
            while (tokens[_at].Is("&&"))
            {
                _at++;
                var right = Comparison();
                value = value != 0 && right != 0 ? 1 : 0;
            }

            return value;
        }

        private long Comparison()
        {
            var value = Unary();
            while (tokens[_at].Kind == TokenKind.Punctuation && tokens[_at].Text is "==" or "!=" or "<" or ">" or "<=" or ">=")
            {
                var op = tokens[_at++].Text;
                value = Arithmetic.Apply(op, value, Unary());
            }

            return value;
        }

        private long Unary()
        {
            var nots = 0;
            for (; tokens[_at].Is("!"); _at++) nots++;
            var value = Primary();
            if (nots == 0) return value;
            return (value != 0) == (nots % 2 == 0) ? 1 : 0;
        }

        private long Primary()
        {
            var token = tokens[_at];
            if (token.Kind == TokenKind.End) return 0;
            _at++;
            if (token.Is("("))
            {
                var value = Value();
                if (tokens[_at].Is(")")) _at++;
                return value;
            }

            if (token.Kind == TokenKind.Number)
            {
                return long.TryParse(token.Text.TrimEnd('U', 'L', 'u', 'l'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            }

            if (token.Text is "defined" or "IS_ENABLED" or "IS_BUILTIN" or "IS_REACHABLE")
            {
                var inParentheses = tokens[_at].Is("(");
                if (inParentheses) _at++;
                if (tokens[_at].Kind == TokenKind.End) return 0;
                var name = tokens[_at++].Text;
                if (inParentheses && tokens[_at].Is(")")) _at++;
                return configuration.IsDefined(name, line) ? 1 : 0;
            }

            for (var depth = 0; tokens[_at].Kind != TokenKind.End && (depth > 0 || tokens[_at].Is("(")); _at++)
            {
                if (tokens[_at].Is("(")) depth++;
                else if (tokens[_at].Is(")")) depth--;
            }

            configuration.IsDefined(token.Text, line);
            return 0;
        }
    }
}
