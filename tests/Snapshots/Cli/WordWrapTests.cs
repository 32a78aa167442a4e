using Hooks.Cli.Terminal;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>What a terminal is too narrow for.</summary>
public class WordWrapTests
{
    private const string Command = "hooks";

    [Theory]
    [InlineData("  one two three four five six", 14, "  one two|    three four|    five six")]
    [InlineData("short", 14, "short")]
    [InlineData("      SetPteAt     P0 a: swap 0:1 → pfn 2 read-only", 40, "      SetPteAt     P0 a: swap 0:1 → pfn|                   2 read-only")]
    [InlineData("  say 'hooks check --shard 1/2' and so on", 30, "  say|    'hooks check --shard 1/2'|    and so on")]
    [InlineData("  3 cases saved in DIR. One in full: hooks run a-long-name.case --trace", 30, "  3 cases saved in DIR. One in|    full:|    hooks run a-long-name.case --trace")]
    [InlineData("  hooks run a-very-long-name-of-a-case.case --trace", 30, "  hooks run a-very-long-name-of-a-case.case --trace")]
    [InlineData("averyveryverylongword and more", 10, "averyveryverylongword|  and more")]
    public void Lines_are_broken_between_words(string line, int width, string expected) => Assert.Equal(expected.Split('|'), WordWrap.Of(line, width, Command));

    [Fact]
    public void No_word_is_lost_or_broken_at_any_width()
    {
        var text = Hooks.Snapshots.Cli.Command.Run("run docs/races/13ddaf26be32.case --trace".Replace("docs", Docs, StringComparison.Ordinal));
        for (var width = 20; width < 130; width += 7)
        {
            foreach (var line in text.Split('\n'))
            {
                var wrapped = WordWrap.Of(line, width, Command).ToList();
                Assert.Equal(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), string.Join(' ', wrapped).Split(' ', StringSplitOptions.RemoveEmptyEntries));
                Assert.All(wrapped.Where(l => l.Trim().Contains(' ', StringComparison.Ordinal) && !l.Contains('\'', StringComparison.Ordinal) && !l.Contains(Command, StringComparison.Ordinal)), l => Assert.True(l.Length <= width, $"{width}: {l}"));
            }
        }
    }

    private static string Docs => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "docs"));
}
