using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>What <c>minimal</c> says of cases.</summary>
public class MinimalTests
{
    private const string Tags = "kernel v5.18\narch   arm64\nswap   zram\nP0     map a tagged\nP0     tag a 1\nP0     pageout a\nP0     read a\nfails  tag-preservation\n";

    [Fact]
    public async Task A_case_that_cannot_be_smaller() => await Verify(Command.Run("minimal -", Tags));

    [Fact]
    public async Task A_case_that_can() => await Verify(Command.Run("minimal -", Tags.Replace("P0     pageout a\n", "P0.1   read a             until MmapReadLock\nP0     pageout a\n", StringComparison.Ordinal)));

    [Fact]
    public async Task Too_little_memory_to_tell() => await Verify(Command.Run("minimal - --memory 16 --jobs 1", "kernel v6.11\narch   sparc\nswap   zram\nP0     map a tagged\nP0     map b tagged\nP0     tag a 1\nP0.1   tag b 1\nP0     pageout a\nP0     pageout b\nP0.1   read b\nP0     mremap a c\nP0     read c\nfails  metadata-lifetime\n"));

    [Theory]
    [InlineData("says-nothing")]
    [InlineData("breaks-nothing")]
    public async Task What_is_no_failing_case(string what) =>
        await Verify(Command.Run("minimal -", what == "says-nothing" ? Tags.Replace("fails  tag-preservation\n", "", StringComparison.Ordinal) : Tags.Replace("v5.18", "v6.5", StringComparison.Ordinal))).UseParameters(what);
}
