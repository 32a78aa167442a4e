using Xunit;

namespace Hooks.Snapshots.Shim;

/// <summary>Every difference is visible, and a large one stays readable.</summary>
public class ReadableDiffTests
{
    [Fact]
    public void ChangedLinesStandBetweenThreeUnchangedOnes()
    {
        var diff = ReadableDiff.Between(Lines(1, 20), Lines(1, 20).Replace("\n10\n", "\nten\n", StringComparison.Ordinal));

        Assert.Contains("\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13", diff, StringComparison.Ordinal);
        Assert.DoesNotContain("\n 6\n", diff, StringComparison.Ordinal);
        Assert.DoesNotContain("\n 14", diff, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a\n")]
    [InlineData("a\n", "a")]
    [InlineData("a", "a ")]
    [InlineData("a\tb", "a b")]
    [InlineData("a\r\nb", "a\nb")]
    [InlineData("", "a")]
    [InlineData("a", "")]
    public void NoDifferenceIsInvisible(string approved, string received)
    {
        var changes = ReadableDiff.Between(approved, received).Split('\n').Where(line => line is ['-' or '+', ..]
            && !line.StartsWith("---", StringComparison.Ordinal) && !line.StartsWith("+++", StringComparison.Ordinal));

        Assert.NotEmpty(changes);
    }

    [Fact]
    public void ALargeDifferenceIsCut()
    {
        var diff = ReadableDiff.Between("", Lines(1, 10_000)).Split('\n');

        Assert.Equal(ReadableDiff.MaxLines + 1, diff.Length);
        Assert.Contains("more lines", diff[^1], StringComparison.Ordinal);
    }

    private static string Lines(int first, int count) => string.Join('\n', Enumerable.Range(first, count));
}
