using System.Globalization;

namespace Hooks.Cli.Sharing;

/// <summary>Which part of a check one machine of several does: <c>--shard 3/8</c>, the third of eight.</summary>
/// <param name="Number">Which, counted from 1.</param>
/// <param name="Of">How many there are.</param>
internal readonly record struct Shard(int Number, int Of)
{
    /// <summary>More would be a mistake.</summary>
    public const int Most = 10_000;

    /// <summary>The only one.</summary>
    public static Shard Whole => new(1, 1);

    /// <summary>Reads <c>3/8</c>.</summary>
    /// <returns>Null if it is not that.</returns>
    public static Shard? Parse(string text) =>
        text.Split('/') is [var number, var of]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
        && int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
        && i >= 1 && i <= n && n <= Most ? new Shard(i, n) : null;

    /// <summary>
    /// Whether it does a unit of the work, of which each is done by one shard. They are dealt in rounds, each of which begins somewhere else: else a shard could have all the units of one architecture, perhaps the slowest.
    /// </summary>
    /// <param name="unit">The unit's number, counted from 0.</param>
    public bool Has(long unit) => (long)(((ulong)unit + Somewhere((ulong)(unit / Of))) % (ulong)Of) + 1 == Number;

    /// <summary>A number that says nothing of the round's (a finalizer of MurmurHash3's).</summary>
    private static ulong Somewhere(ulong round)
    {
        unchecked
        {
            round = (round ^ (round >> 33)) * 0xff51afd7ed558ccd;
            return (round ^ (round >> 33)) >> 8;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Number}/{Of}";
}
