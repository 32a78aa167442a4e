using Hooks.KernelSource;
using Hooks.KernelSource.C;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

public class ReadingTests
{
    [Theory]
    [InlineData("a + b * c", "a + b * c")]
    [InlineData("(a + b) * c", "(a + b) * c")]
    [InlineData("a - (b - c)", "a - (b - c)")]
    [InlineData("a && b || c && !d", "(a && b) || (c && !d)")]
    [InlineData("(x & FLAG) && y", "(x & FLAG) && y")]
    [InlineData("a ? b : c ? d : e", "a ? b : c ? d : e")]
    [InlineData("*p->q[3].r", "*p->q[3].r")]
    [InlineData("f(a, (b, c))", "f(a, b, c)")]
    [InlineData("(unsigned long)x + sizeof(struct page)", "(unsigned long)x + sizeof")]
    [InlineData("x = y |= 3", "x = y |= 3")]
    [InlineData("i++ + --j", "i++ + --j")]
    [InlineData("0x10 + 010 + 'a'", "16 + 8 + 97")]
    public void Expressions_are_read_as_C_has_them(string source, string printed)
    {
        var statement = Assert.IsType<ExpressionStatement>(Assert.Single(Body($"{source};")));
        Assert.Equal(printed, statement.Expression.ToString());
    }

    [Fact]
    public void Statements_are_told_from_how_they_stand_there()
    {
        var body = Body("struct folio *a, **b = NULL; swp_entry_t e; foo *c = d; x: for_each(x) { y(); } do z(); while (w); if (a) b(); else { c(); } return d;");
        Assert.Equal(
            ["Declaration", "Declaration", "Declaration", "Declaration", "Labelled", "Loop", "Loop", "If", "Return"],
            body.Select(s => s.GetType().Name));
        Assert.Equal(["struct folio*", "struct folio**", "swp_entry_t", "foo*"], body.OfType<Declaration>().Select(d => d.Type));
    }

    [Theory]
    [InlineData("#ifdef CONFIG_SWAP\na();\n#else\nb();\n#endif", "a")]
    [InlineData("#ifdef CONFIG_DEBUG_VM\na();\n#else\nb();\n#endif", "b")]
    [InlineData("#if defined(CONFIG_KSM) || !IS_ENABLED(CONFIG_SWAP)\na();\n#elif 1\nb();\n#else\nc();\n#endif", "b")]
    [InlineData("#ifdef CONFIG_KSM\n#ifdef CONFIG_SWAP\na();\n#endif\n#else\nb();\n#endif", "b")]
    [InlineData("/* a(); \n */ b(); // c();", "b")]
    public void Conditionals_and_comments_are_decided(string source, string left) =>
        Assert.Equal(left, string.Join(' ', Body(source).OfType<ExpressionStatement>().Select(s => ((Call)s.Expression).Function)));

    [Fact]
    public void Lines_are_those_of_the_file()
    {
        var file = SourceFile.Of("t", "f.c", "/* one\n two */\nstatic int\nf(int x)\n{\n\tg();\n#ifdef CONFIG_KSM\n\th();\n#endif\n\ti();\n}\n");
        var f = file.Functions["f"].Value;
        Assert.Equal((4, 11), (f.Line, f.EndLine));
        Assert.Equal([6, 10], f.Body.Statements.Select(s => s.Line));
    }

    [Theory]
    [InlineData("int f(void) { return ({ 1; }); }", "a statement as an expression")]
    [InlineData("int f(void) { if (a { }", "expected ')'")]
    [InlineData("int f(void) { a(; }", "expected an expression")]
    public void What_cannot_be_read_is_said_with_its_line(string source, string what)
    {
        var tree = new SourceTree(new TextFiles(("f.c", "\n" + source)));
        var e = Assert.Throws<SourceException>(() => tree.Find("f.c", "f"));
        Assert.StartsWith("f.c:2: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foo", "mine:1: expected a name and a role")]
    [InlineData("\nfoo what", "mine:2: no role 'what'")]
    [InlineData("foo const x", "mine:1: 'x' is not a number")]
    [InlineData("foo/99 ignore", "mine:1: '99' is not a number of arguments")]
    [InlineData("foo step Explode()", "mine:1: the model has no primitive 'Explode'")]
    [InlineData("foo as folio_put(2)\n", "")]
    [InlineData("foo/1 as folio_put(2)", "mine:1: there is no argument 2")]
    [InlineData("foo as folio_put(1, 2)", "mine:1: no helper folio_put() of 2 arguments; known with 1")]
    [InlineData("foo ignore\nfoo ignore", "mine:2: foo ignore stands twice")]
    public void A_table_with_a_wrong_line_is_refused(string text, string message)
    {
        if (message.Length == 0) Assert.Single(HelperTable.Read("mine", text).UserRows);
        else Assert.StartsWith(message, Assert.Throws<SourceException>(() => HelperTable.Read("mine", text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_of_the_models_own_table_makes_sense()
    {
        Assert.True(HelperTable.Own.Rows.Count() > 150);
        foreach (var row in HelperTable.Own.Rows.Where(r => r.Role == Role.Model)) Assert.NotEmpty(Prelude.Function(row.Text).Body.Statements);
        var used = HelperTable.Own.Rows.Where(r => r.Primitive is not null).Select(r => r.Primitive!.Name).ToHashSet();
        var unused = typeof(Primitives).GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public).Select(m => m.Name)
            .Where(n => !used.Contains(n) && !n.EndsWith("Wait", StringComparison.Ordinal) && n is not (nameof(Primitives.FaultResult) or nameof(Primitives.ResultOfCall) or nameof(Primitives.Never) or nameof(Primitives.Assert)));
        Assert.Equal([], unused);
    }

    [Theory]
    [InlineData(6, 1, 192, "debian-6.1.192")]
    [InlineData(6, 1, 3, "v5.19")]
    [InlineData(6, 12, 117, "debian-6.12.117")]
    [InlineData(7, 1, 4, "v7.0")]
    [InlineData(7, 3, 0, "v7.3")]
    [InlineData(9, 0, 0, "v7.3")]
    [InlineData(5, 17, 0, "v5.17")]
    public void A_tree_is_like_the_newest_kernel_that_is_not_newer(int major, int minor, int sublevel, string like) =>
        Assert.Equal(like, SourceKernel.LikeOf(new Core.Kernels.KernelVersion(major, minor), sublevel).Name);

    private static IReadOnlyList<Statement> Body(string statements) =>
        SourceFile.Of("t", "f.c", $"void f(void)\n{{\n{statements}\n}}\n").Functions["f"].Value.Body.Statements;
}
