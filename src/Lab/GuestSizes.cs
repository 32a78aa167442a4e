using Hooks.Core.Mm;

namespace Hooks.Lab;

/// <summary>
/// The sizes of the agent (lab/guest/agent.h), which are the model's: programs and answers name every page of every process.
/// If they differ, Hooks does not build: the agent's, its protocol version and the images go with <see cref="Capacity"/>.
/// </summary>
internal static class GuestSizes
{
    /// <summary>PROCESSES.</summary>
    public const int Processes = 4;

    /// <summary>THREADS: of a process.</summary>
    public const int Threads = 3;

    /// <summary>PAGES.</summary>
    public const int Pages = 4;

    /// <summary>AREAS.</summary>
    public const int Areas = 2;

    /// <summary>GROUPS: granules of a page.</summary>
    public const int Granules = 4;

    /// <summary>Unsigned constants, 0 if two sizes are the same: negative if not, which does not compile.</summary>
    internal static class Fits
    {
        /// <summary>The agent's processes and the model's.</summary>
        public const uint SameProcesses = -((Processes - Capacity.Mms) * (Processes - Capacity.Mms));

        /// <summary>The threads of each.</summary>
        public const uint SameThreads = -((Threads - Capacity.Threads) * (Threads - Capacity.Threads));

        /// <summary>The pages of each.</summary>
        public const uint SamePages = -((Pages - Capacity.Pages) * (Pages - Capacity.Pages));

        /// <summary>Swap areas.</summary>
        public const uint SameAreas = -((Areas - Capacity.Areas) * (Areas - Capacity.Areas));

        /// <summary>Granules of a page.</summary>
        public const uint SameGranules = -((Granules - PageTags.Granules) * (Granules - PageTags.Granules));
    }
}
