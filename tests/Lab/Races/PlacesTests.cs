using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Lab.Races;
using Xunit;
using Instruction = Hooks.Lab.Races.Instruction;

namespace Hooks.LabTests.Races;

public class PlacesTests
{
    private static readonly string[] Source =
    [
        "int before(int a);",
        "static int work(struct thing *thing,",
        "\t\tint count)",
        "{",
        "\t/* lock(thing) comes later */",
        "\tif (count)",
        "\t\tlock(thing);",
        "\tmiddle(thing);",
        "\tlock(thing,",
        "\t     count);",
        "}",
        "int other(void)",
        "{",
        "\tlock(0);",
        "}",
    ];

    [Fact]
    public void Every_place_is_of_a_step_that_some_kernel_has()
    {
        var steps = KernelCatalogue.All.SelectMany(kernel => kernel.Paths.SelectMany(path => path.Steps.Select(step => $"{path.Id.KernelName()}.{step.Name}"))).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Place.All.Keys, step => !steps.Contains(step));
        Assert.True(Place.All.Count > 50);
    }

    [Theory]
    [InlineData("work", "lock(thing", "", 7, 7)]
    [InlineData("work", "lock(thing", "middle(", 9, 10)]
    [InlineData("other", "lock(", "", 14, 14)]
    public void A_statement_is_found_in_its_function(string function, string text, string behind, int first, int last) =>
        Assert.Equal(new Lines(first, last), FunctionSource.Find(Source, new Statement("a.c", function, text, behind)));

    [Theory]
    [InlineData("before", "lock(")]
    [InlineData("other", "middle(")]
    public void A_statement_that_is_not_there_is_not_found(string function, string text) => Assert.Null(FunctionSource.Find(Source, new Statement("a.c", function, text, "")));

    [Fact]
    public void Statements_of_a_step_are_alternatives_or_all_meant()
    {
        var places = Place.Read("# nothing\na,b.Step | f.c g | x(\nand | f.c g | y( | behind(\nor | f.c h | z(\n").ToList();
        Assert.Equal(["a.Step", "b.Step"], places.Select(p => p.Step));
        Assert.Equal([2, 1], places[0].Alternatives.Select(a => a.Length));
        Assert.Equal("g(): y(, behind behind(", places[0].Alternatives[0][1].ToString());
        Assert.Contains("places.table:1", Assert.Throws<FormatException>(() => Place.Read("or | f.c g | x(\n").ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_ways_lead_over_what_dominates()
    {
        // 0: to 3 or on; 1; 2: to 4; 3; 4: ret
        Instruction[] code = [At(0, "cbz", 3), At(1, "mov"), At(2, "b", 4), At(3, "bl", 0), At(4, "ret")];
        Assert.True(Ways.AllLeadOver(code, 0, new HashSet<ulong> { 1, 3, 4 }));
        Assert.True(Ways.AllLeadOver(code, 1, new HashSet<ulong> { 2 }));
        Assert.False(Ways.AllLeadOver(code, 1, new HashSet<ulong> { 4 }));
        Assert.False(Ways.AllLeadOver([At(0, "br"), At(1, "mov")], 5, new HashSet<ulong> { 1 }));
    }

    private static Instruction At(ulong address, string mnemonic, ulong target = 0) => new(address, mnemonic, target, "");
}
