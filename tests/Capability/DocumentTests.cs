using System.Runtime.CompilerServices;
using Xunit;

namespace Hooks.Capability;

/// <summary>What docs/add-an-architecture.md shows of this machine is its code.</summary>
public class DocumentTests
{
    private const string Fence = "```csharp\n";

    [Fact]
    public void What_is_shown_of_the_second_example_is_the_code_that_passes_the_laws()
    {
        var code = Read("tests", "Capability", "Cap.cs");
        var shown = Section(Read("docs", "add-an-architecture.md"), "## 5. ").Split(Fence)[1..];
        Assert.NotEmpty(shown);
        foreach (var block in shown)
        {
            var lines = block[..block.IndexOf("```\n", StringComparison.Ordinal)].Split('\n');
            Assert.Contains(string.Join('\n', lines.Select(line => line.Length == 0 ? line : "    " + line)), code, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_less_than_a_hundred_lines() => Assert.InRange(Read("tests", "Capability", "Cap.cs").Count(c => c == '\n'), 1, 99);

    private static string Section(string document, string heading)
    {
        var start = document.IndexOf("\n" + heading, StringComparison.Ordinal);
        Assert.True(start >= 0, heading);
        var end = document.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? document[start..] : document[start..end];
    }

    private static string Read(params ReadOnlySpan<string> path) => File.ReadAllText(Path.Combine([Root(), .. path])).ReplaceLineEndings("\n");

    private static string Root([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..");
}
