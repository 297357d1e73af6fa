int crooked_count( void ) { return 1; }
