namespace Hooks.KernelSource.C;

/// <summary>An expression.</summary>
/// <param name="Line">The line it begins on.</param>
internal abstract record Expression(int Line)
{
    /// <summary>The expressions that it is made of, left to right.</summary>
    public virtual IEnumerable<Expression> Parts => [];

    /// <summary>It and all that it is made of.</summary>
    public IEnumerable<Expression> All()
    {
        yield return this;
        foreach (var part in Parts)
        {
            foreach (var inner in part.All()) yield return inner;
        }
    }

    /// <inheritdoc/>
    public sealed override string ToString() => Printer.Print(this);
}

/// <summary>A number.</summary>
internal sealed record Number(long Value, int Line) : Expression(Line);

/// <summary>A string, a type as an argument, an initialiser in braces: text that no path depends on.</summary>
internal sealed record Opaque(string Text, int Line) : Expression(Line);

/// <summary>A name.</summary>
internal sealed record Name(string Text, int Line) : Expression(Line);

/// <summary>A call of a function or a macro.</summary>
/// <param name="Function">Its name; empty if it is called through a pointer.</param>
/// <param name="Target">The pointer.</param>
/// <param name="Arguments">The arguments.</param>
/// <param name="Line">The line.</param>
internal sealed record Call(string Function, Expression? Target, IReadOnlyList<Expression> Arguments, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => Target is null ? Arguments : Arguments.Prepend(Target);
}

/// <summary>An operator before or (<c>post++</c>, <c>post--</c>) behind its operand.</summary>
internal sealed record Unary(string Operator, Expression Operand, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Operand];
}

/// <summary>An operator between two operands.</summary>
internal sealed record Binary(string Operator, Expression Left, Expression Right, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Left, Right];
}

/// <summary>An assignment.</summary>
internal sealed record Assign(string Operator, Expression Target, Expression Value, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Target, Value];
}

/// <summary><c>condition ? then : otherwise</c>.</summary>
internal sealed record Choice(Expression Condition, Expression Then, Expression Otherwise, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Condition, Then, Otherwise];
}

/// <summary>A member of a structure.</summary>
internal sealed record Member(Expression Of, string Field, bool Arrow, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Of];
}

/// <summary>An element of an array.</summary>
internal sealed record Element(Expression Of, Expression Index, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Of, Index];
}

/// <summary>A cast.</summary>
internal sealed record Cast(string Type, Expression Operand, int Line) : Expression(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Parts => [Operand];
}

/// <summary>A statement.</summary>
/// <param name="Line">The line it begins on.</param>
internal abstract record Statement(int Line)
{
    /// <summary>The expressions that stand in it directly.</summary>
    public virtual IEnumerable<Expression> Expressions => [];

    /// <summary>The statements that it is made of.</summary>
    public virtual IEnumerable<Statement> Parts => [];

    /// <summary>It and all that it is made of.</summary>
    public IEnumerable<Statement> All() => Parts.SelectMany(part => part.All()).Prepend(this);

    /// <summary>The last line of it that is known.</summary>
    public int LastLine => All().SelectMany(s => s.Expressions.SelectMany(e => e.All()).Select(e => e.Line).Append(s.Line)).Max();
}

/// <summary>An expression for its effect.</summary>
internal sealed record ExpressionStatement(Expression Expression, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => [Expression];
}

/// <summary>A variable, with its first value if it has one.</summary>
internal sealed record Declaration(string Type, string Name, Expression? Value, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => Value is null ? [] : [Value];
}

/// <summary><c>if</c>.</summary>
internal sealed record If(Expression Condition, Statement Then, Statement? Otherwise, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => [Condition];

    /// <inheritdoc/>
    public override IEnumerable<Statement> Parts => Otherwise is null ? [Then] : [Then, Otherwise];
}

/// <summary>Statements in braces.</summary>
internal sealed record Block(IReadOnlyList<Statement> Statements, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Statement> Parts => Statements;
}

/// <summary><c>goto</c>.</summary>
internal sealed record Goto(string Label, int Line) : Statement(Line);

/// <summary>A label.</summary>
internal sealed record Labelled(string Label, int Line) : Statement(Line);

/// <summary><c>return</c>.</summary>
internal sealed record Return(Expression? Value, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => Value is null ? [] : [Value];
}

/// <summary>The kinds of loops.</summary>
internal enum LoopKind : byte
{
    /// <summary><c>while</c>.</summary>
    While,

    /// <summary><c>do … while</c>.</summary>
    Do,

    /// <summary><c>for</c>.</summary>
    For,

    /// <summary>A macro that is followed by a statement: <c>for_each_…()</c>.</summary>
    Macro,
}

/// <summary>A loop.</summary>
internal sealed record Loop(LoopKind Kind, Expression? First, Expression? Condition, Expression? Next, Statement Body, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => new[] { First, Condition, Next }.OfType<Expression>();

    /// <inheritdoc/>
    public override IEnumerable<Statement> Parts => [Body];
}

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record LeaveLoop(bool Continue, int Line) : Statement(Line);

/// <summary><c>switch</c>.</summary>
internal sealed record Switch(Expression Value, Statement Body, int Line) : Statement(Line)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Expressions => [Value];

    /// <inheritdoc/>
    public override IEnumerable<Statement> Parts => [Body];
}

/// <summary><c>case</c>, or <c>default</c> with no value.</summary>
internal sealed record Case(Expression? Value, int Line) : Statement(Line);

/// <summary>A parameter of a function.</summary>
/// <param name="Type">Its type, words and stars.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct Parameter(string Type, string Name);

/// <summary>A function with its body.</summary>
/// <param name="Type">What it returns.</param>
/// <param name="Name">Its name.</param>
/// <param name="File">The file, from the tree's root.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="Body">The body.</param>
/// <param name="Line">The line of its name.</param>
/// <param name="EndLine">The line of its last brace.</param>
internal sealed record Function(string Type, string Name, string File, IReadOnlyList<Parameter> Parameters, Block Body, int Line, int EndLine);
